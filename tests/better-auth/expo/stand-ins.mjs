// Native modules for @better-auth/expo of a phone that runs iOS, is in the foreground and online, and opens links with the
// app's scheme.

export default { expoConfig: { scheme: "myapp" } };
export const Platform = { OS: "ios" };
export const AppState = { addEventListener: () => ({ remove() {} }) };
export const addNetworkStateListener = () => ({ remove() {} });
export const createURL = (path, { scheme = "myapp" } = {}) => `${scheme}://${path}`;
