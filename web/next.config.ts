import path from "node:path";
import type { NextConfig } from "next";

// `/` is a static file, public/index.html, that the build only copies. Next's development server needs a rewrite for
// it.
const serving: NextConfig =
  process.env.NODE_ENV === "development"
    ? { rewrites: () => Promise.resolve([{ source: "/", destination: "/index.html" }]) }
    : // Static files: serving them requires no Node.js, and there is no server to secure.
      { output: "export" };

const config: NextConfig = {
  ...serving,
  reactStrictMode: true,
  // Only the components of the task list, which can be long, opt in. Elsewhere the compiler would only add code.
  reactCompiler: { compilationMode: "annotation" },
  // This directory is the whole project. Ignores lock files in parent directories.
  turbopack: { root: path.resolve(".") },
  experimental: {
    // A browser opens six connections to an HTTP/1.1 server. With few files, a first load does not wait for a free one.
    turbopackChunking: { minChunkSize: 1_000_000, maxChunkCountPerGroup: 2, maxMergeChunkSize: 2_000_000 },
    // The styles are so small that a separate request would take longer.
    inlineCss: true,
  },
};

export default config;
