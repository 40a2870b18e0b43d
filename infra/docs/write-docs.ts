// Writes the generated pages of docs/: npm run docs.

import { writeFileSync } from 'node:fs';
import { PAGES } from './pages.ts';

for (const { file, text } of PAGES) writeFileSync(new URL(`../../${file}`, import.meta.url), text());
