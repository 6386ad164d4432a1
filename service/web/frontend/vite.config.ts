import { defineConfig } from "vite";

// Two entries, one per kind of page; their hashed names stand in dist/.vite/manifest.json, which the service reads.
// The base is relative, so that the bundle does not know under which address the service is reached.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    // Nothing is inlined: the pages allow scripts, styles and images from the service alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { page: "src/page.ts", diagram: "src/diagram.ts" } },
  },
});
