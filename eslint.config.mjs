import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/.venv/"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "max-len": ["error", { code: 120 }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  { files: ["src/throughtime/studio/page/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/studio/**/*.mjs"], languageOptions: { globals: globals.node } },
];
