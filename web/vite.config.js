import { defineConfig } from "vite";
import { fileURLToPath } from "node:url";

const source = (name) => fileURLToPath(new URL(`src/${name}`, import.meta.url));

/* Names without hashes: the bundle is committed, and the server adds a fingerprint to each address. */
const stable = {
  entryFileNames: "[name].js",
  chunkFileNames: "[name].js",
  assetFileNames: "[name][extname]",
};

export default defineConfig({
  base: "/static/",
  publicDir: source("public"),
  build: {
    outDir: fileURLToPath(new URL("../service/static", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      input: {
        search: source("search.js"),
        meeting: source("meeting.js"),
        place: source("place.js"),
        importing: source("importing.js"),
        planner: source("planner.js"),
        site: source("styles/site.css"),
        map: source("styles/map.css"),
      },
      output: {
        ...stable,
        manualChunks: (id) => (id.includes("node_modules/maplibre-gl") ? "maplibre" : undefined),
      },
    },
  },
  worker: { format: "es", rollupOptions: { output: stable } },
});
