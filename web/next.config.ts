import path from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  // Files alone: whoever serves them needs no Node, and there is no server of ours to secure.
  output: "export",
  reactStrictMode: true,
  // Of the list, which can be long, only what has changed renders again. The rest of the page is small, and would only grow.
  reactCompiler: { compilationMode: "annotation" },
  // This folder is the whole project; a lock file further up is none of its business.
  turbopack: { root: path.resolve(".") },
};

export default config;
