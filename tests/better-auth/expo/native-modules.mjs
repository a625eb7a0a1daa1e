// Resolves the native modules that @better-auth/expo imports to those in stand-ins.mjs, for `module.register`.

const NATIVE = new Set(["react-native", "expo-constants", "expo-linking", "expo-network", "expo-web-browser"]);

export async function resolve(specifier, context, next) {
  if (NATIVE.has(specifier)) return { url: new URL("./stand-ins.mjs", import.meta.url).href, shortCircuit: true };
  return next(specifier, context);
}
