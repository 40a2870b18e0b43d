// Writes sweep.schema.json beside this file. A test fails when the committed one is older than the zod schema.

import { writeFileSync } from 'node:fs';
import { sweepJsonSchema } from './sweep-schema.ts';

writeFileSync(new URL('sweep.schema.json', import.meta.url), `${JSON.stringify(sweepJsonSchema(), null, 2)}\n`);
