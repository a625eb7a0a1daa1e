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
      // A flag that is first read in a callback is not tracked, and the page shows an old one for ever.
      "no-restricted-syntax": [
        "error",
        {
          selector: "VariableDeclarator[id.type='Identifier'] > CallExpression[callee.name=/^use(Infinite)?Query$/]",
          message: "Take what the component needs from the query's result while it renders.",
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
