// How the web application is built (`npm run build`), and served while it is worked on (`npm run web`).
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const ROOT = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root: ROOT,
  plugins: [react(), compressed(join(ROOT, 'dist'))],
  build: {
    // The first that know `light-dark()`, so that no style is written twice.
    target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    // The policy of the page allows no `data:` scripts or fonts; a file is cached better anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_600,
    reportCompressedSize: false,
    // Read by the test of what is loaded first.
    manifest: 'manifest.json',
  },
  server: {
    // `npm start` beside it.
    proxy: { '/api': 'http://127.0.0.1:3000', '/docs': 'http://127.0.0.1:3000' },
  },
});

/** Smaller files cost more to unpack than they save. */
const WORTH_BYTES = 1_000;

/** Puts a `.br` and a `.gz` beside what is built: compressed once, as hard as it goes. */
function compressed(directory: string): Plugin {
  return {
    name: 'pawl-compressed',
    apply: 'build',
    async closeBundle() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile() && /\.(?:js|css|html|svg)$/.test(entry.name))
        .map(({ parentPath, name }) => join(parentPath, name));
      await Promise.all(
        files.map(async (path) => {
          const bytes = await readFile(path);
          if (bytes.length < WORTH_BYTES) return;
          await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
          await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes));
        }),
      );
    },
  };
}
