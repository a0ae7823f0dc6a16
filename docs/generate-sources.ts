// Writes the page of each kind of source in docs/sources/, `node docs/generate-sources.ts`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { SOURCE_PAGES, sourcePages } from './source-pages.ts';

mkdirSync(SOURCE_PAGES, { recursive: true });
for (const [name, page] of sourcePages()) writeFileSync(new URL(name, SOURCE_PAGES), page);
