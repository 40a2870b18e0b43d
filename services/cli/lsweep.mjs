#!/usr/bin/env node
// The executable `lsweep`: lets Node load TypeScript, then hands over to main.ts. Plain JavaScript, because Node reads this file itself.

import { existsSync } from 'node:fs';

if (!existsSync(new URL('../../node_modules/tsx', import.meta.url))) {
  process.stderr.write('the packages are not installed yet; run npm start (or node infra/install/prepare.mjs) once\n');
  process.exit(1);
}
const { register } = await import('tsx/esm/api');
register();
try {
  await import('./main.ts');
} catch (error) {
  // only what cannot even be loaded comes here: main.ts tells everything else itself
  const words = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  process.stderr.write(`lsweep cannot be loaded: ${words}\nInstall the packages again: npm ci\n`);
  if (process.env['LSWEEP_DEBUG']) console.error(error);
  process.exitCode = 1;
}
