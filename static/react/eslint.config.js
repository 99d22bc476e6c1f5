// @ts-check
// What is looked for in the client: the rules of hooks (effects whose dependencies are complete,
// state that is not changed in place), and what TypeScript's own rules find.

import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist"] },
  {
    files: ["src/**/*.{ts,tsx}", "tests/**/*.{ts,tsx}"],
    extends: [typescript.configs.recommended, hooks.configs.flat["recommended-latest"]],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
