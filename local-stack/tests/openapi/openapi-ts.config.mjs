// Imports with extensions, which Node.js needs.
export default {
  input: `./${process.env.SERVICE}.json`,
  output: { path: `./${process.env.SERVICE}`, importFileExtension: ".js" },
};
