import next from "eslint-config-next/core-web-vitals";
import nextTypescript from "eslint-config-next/typescript";
import a11y from "eslint-plugin-jsx-a11y";

const config = [
  { ignores: [".next/", "out/", "next-env.d.ts", "src/lib/tasks-api/schema.d.ts"] },
  ...next,
  ...nextTypescript,
  // Next's rules already register the plugin. This enables all of its recommended rules.
  { rules: a11y.flatConfigs.recommended.rules },
  {
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      // A query flag that is first read in a callback is not tracked, so the page would show an outdated value.
      "no-restricted-syntax": [
        "error",
        {
          selector: "VariableDeclarator[id.type='Identifier'] > CallExpression[callee.name=/^use(Infinite)?Query$/]",
          message: "Destructure the values that the component needs from the query's result.",
        },
        {
          selector: "ReturnStatement > CallExpression[callee.name=/^use(Infinite)?Query$/]",
          message: "Return the values that callers need, not the tracked result.",
        },
      ],
    },
  },
];

export default config;
