import next from "eslint-config-next/core-web-vitals";
import nextTypescript from "eslint-config-next/typescript";
import a11y from "eslint-plugin-jsx-a11y";

const config = [
  { ignores: [".next/", "out/", "next-env.d.ts", "src/lib/tasks-api/schema.d.ts"] },
  ...next,
  ...nextTypescript,
  // The plugin itself comes registered with Next's rules; these are all of its recommended ones.
  { rules: a11y.flatConfigs.recommended.rules },
  {
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
];

export default config;
