#!/usr/bin/env node
// The executable `lsweep`: lets Node load TypeScript, then hands over to main.ts. Plain JavaScript, because Node reads this file itself.

import { existsSync } from 'node:fs';

if (!existsSync(new URL('../../node_modules/tsx', import.meta.url))) {
  process.stderr.write('the packages are not installed yet; run npm start (or node infra/install/prepare.mjs) once\n');
  process.exit(1);
}
const { register } = await import('tsx/esm/api');
register();
await import('./main.ts');
