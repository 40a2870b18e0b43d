// The committed JSON Schema for editors, and the sweep files of the repository.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sweepJsonSchema } from '../../infra/schema/sweep-schema.ts';
import { estimateSweep } from '../../services/study/cost/sweep-estimate.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';

const sweeps = new URL('../../infra/sweeps/', import.meta.url);
const names = readdirSync(sweeps).filter((name) => name.endsWith('.yaml'));

test('the committed schema is that of the code', () => {
  const committed: unknown = JSON.parse(
    readFileSync(new URL('../../infra/schema/sweep.schema.json', import.meta.url), 'utf8'),
  );
  assert.deepEqual(committed, sweepJsonSchema(), 'run npm run schema');
});

for (const name of names) {
  test(`${name} is a good sweep file that points editors at the schema`, () => {
    const file = new URL(name, sweeps);
    // data that only a user has may be missing, as it may for `lsweep plan`
    const { cells } = readSweepFile(fileURLToPath(file), () => undefined);
    assert.ok(cells > 0);
    assert.match(readFileSync(file, 'utf8'), /^# yaml-language-server: \$schema=\.\.\/schema\/sweep\.schema\.json\n/);
  });
}

test('the quickstart is eight trials of four systems over one Base of about a million parameters', () => {
  const { spec } = readSweepFile(fileURLToPath(new URL('quickstart.yaml', sweeps)));
  const { trials, phases } = estimateSweep(spec);
  assert.equal(trials.length, 8);
  assert.deepEqual(
    phases.filter((phase) => phase.kind === 'base').map((phase) => phase.trials),
    [8],
  );
  const base = trials.find(({ cell }) => cell.system === 'soft_embeddings')?.parameters?.total ?? 0;
  assert.ok(base > 0.8e6 && base < 1.3e6, `${base} parameters`);
});
