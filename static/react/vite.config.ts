// How Vite builds the client, and serves it while it is being developed.

import { readdirSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The server that the dev server asks for what is not its own: the browser sees one origin.
const server = process.env.CHATKIT_SERVER ?? "http://127.0.0.1:8000";
const pages = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".html"));
const routes = ["/turns", "/chats", "/healthz", "/faults", "/ai-sdk"];

export default defineConfig({
  plugins: [react()],
  base: "./", // all URLs are relative: it works under any path prefix
  build: {
    rolldownOptions: { input: pages }, // each is a page of its own
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000, // kB
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true, // `--origin` names it
    fs: { allow: [".."] }, // static/client/ stands beside this folder
    proxy: Object.fromEntries(routes.map((route) => [route, server])),
  },
});
