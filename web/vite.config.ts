// How the web application is built (`npm run build`), and served while it is worked on (`npm run web`).
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { compressFiles } from './compress.ts';

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

function compressed(directory: string): Plugin {
  return { name: 'pawl-compressed', apply: 'build', closeBundle: () => compressFiles(directory) };
}
