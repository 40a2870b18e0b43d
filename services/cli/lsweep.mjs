#!/usr/bin/env node
// The executable `lsweep`: hands over to main.ts, compiled or not. Plain JavaScript, because Node reads this file itself. A package has the
// compiled files alone; a checkout decides in infra/build.

import { existsSync } from 'node:fs';

const isCheckout = existsSync(new URL('./main.ts', import.meta.url));
if (isCheckout && !existsSync(new URL('../../node_modules/.package-lock.json', import.meta.url))) {
  process.stderr.write('the packages are not installed yet; run npm start (or node infra/install/prepare.mjs) once\n');
  process.exit(1);
}
try {
  await import(await mainModule());
} catch (error) {
  // only what cannot even be loaded comes here: main.ts tells everything else itself
  const words = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  const remedy = isCheckout ? 'Install the packages again: npm ci' : 'Install the package latent-sweep again.';
  process.stderr.write(`lsweep cannot be loaded: ${words}\n${remedy}\n`);
  if (process.env['LSWEEP_DEBUG']) console.error(error);
  process.exitCode = 1;
}

/** @returns {Promise<string>} */
async function mainModule() {
  if (!isCheckout) return new URL('../../dist/services/cli/main.js', import.meta.url).href;
  const checkout = await import('../../infra/build/main-module.mjs');
  return await checkout.mainModule('services/cli/main.ts');
}
