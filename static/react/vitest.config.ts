// How the hooks are tested: under Node, with a document that is not drawn, and a server that is one.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globals: true, // Testing Library takes its components away after each test
    execArgv: ["--experimental-eventsource"],
    setupFiles: ["tests/browser.ts"],
    testTimeout: 60_000, // a busy machine is not a failure
  },
});
