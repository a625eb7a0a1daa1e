import path from "node:path";
import type { NextConfig } from "next";

// `/` is a plain file, public/index.html, that the build only copies. Next's own server has to be told.
const serving: NextConfig =
  process.env.NODE_ENV === "development"
    ? { rewrites: () => Promise.resolve([{ source: "/", destination: "/index.html" }]) }
    : // Files alone: whoever serves them needs no Node, and there is no server of ours to secure.
      { output: "export" };

const config: NextConfig = {
  ...serving,
  reactStrictMode: true,
  // Of the list, which can be long, only what has changed renders again. The rest of the page is small, and would only grow.
  reactCompiler: { compilationMode: "annotation" },
  // This folder is the whole project; a lock file further up is none of its business.
  turbopack: { root: path.resolve(".") },
  experimental: {
    // A browser has six connections to a server of HTTP/1.1. Few files keep a first load from waiting for a free one.
    turbopackChunking: { minChunkSize: 1_000_000, maxChunkCountPerGroup: 2, maxMergeChunkSize: 2_000_000 },
    // The styles are so small that asking for them takes longer than they do.
    inlineCss: true,
  },
};

export default config;
