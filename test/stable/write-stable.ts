// `npm run stable`, for a release: makes what the code has now the promise that later changes are held to. Never run to make a test pass.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../integration/postgres.ts';
import { errorCodes, exitCodes, sweepFormat, trialKeys } from './promises.ts';
import { studyColumns } from './study-columns.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const writeJson = (name: string, value: unknown): void =>
  writeFileSync(here(name), `${JSON.stringify(value, null, 1)}\n`);

writeJson('exit-codes.json', exitCodes());
writeJson('error-codes.json', errorCodes());
writeJson('sweep-format.json', sweepFormat());
writeJson('trial-keys.json', trialKeys());
execFileSync(
  'buf',
  ['build', 'proto', '--path', 'proto/latentsweep', '--exclude-source-info', '-o', here('proto.json')],
  { cwd: here('../..'), stdio: 'inherit' },
);
const server = await startPostgres();
try {
  const columns = await studyColumns(await server.migratedDatabase());
  writeFileSync(here('study-columns.txt'), `${columns.join('\n')}\n`);
} finally {
  await server.close();
}
