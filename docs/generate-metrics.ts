// Writes docs/metrics.md. Run it through `npm run docs`.
import { writeFileSync } from 'node:fs';
import { metricsPage } from './metrics-page.ts';

writeFileSync(new URL('./metrics.md', import.meta.url), metricsPage());
