import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { defineConfig } from "vite";

const source = (name) => fileURLToPath(new URL(`src/${name}`, import.meta.url));
const TEXT = /\.(js|css|svg)$/;

/* Content hashes in names: browsers may keep a file for ever. The server finds the names in manifest.json. */
const hashed = {
  entryFileNames: "[name]-[hash].js",
  chunkFileNames: "[name]-[hash].js",
  assetFileNames: "[name]-[hash][extname]",
};

/** Writes NAME.gz beside each file, so that the server compresses nothing while it answers. */
function compressed() {
  let folder;
  return {
    name: "compressed",
    configResolved: (config) => (folder = config.build.outDir),
    async closeBundle() {
      for (const name of await readdir(folder)) {
        if (!TEXT.test(name)) continue;
        const content = await readFile(`${folder}/${name}`);
        await writeFile(`${folder}/${name}.gz`, await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}

export default defineConfig({
  base: "/static/",
  publicDir: source("public"),
  plugins: [compressed()],
  build: {
    outDir: fileURLToPath(new URL("../service/static", import.meta.url)),
    emptyOutDir: true,
    manifest: "manifest.json",
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
      },
      output: {
        ...hashed,
        manualChunks: (id) => (id.includes("node_modules/maplibre-gl") && !id.includes(".css") ? "maplibre" : undefined),
      },
    },
  },
  worker: { format: "es", rollupOptions: { output: hashed } },
});
