// The file interface of probes: strict about what it is given, writes only where it may.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { runProbe } from '../../services/trainer/probe/index.ts';

const PROBES = join(import.meta.dirname, '..', 'parity', 'probes');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsweep-probe-'));
  mkdirSync(join(folder, 'out'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A copy of a public probe whose probe.json was changed. */
function changedProbe(name: string, change: (probe: Record<string, unknown>) => void): string {
  const path = join(folder, 'in');
  cpSync(join(PROBES, name), path, { recursive: true });
  const probe = JSON.parse(readFileSync(join(path, 'probe.json'), 'utf8')) as Record<string, unknown>;
  change(probe);
  writeFileSync(join(path, 'probe.json'), JSON.stringify(probe));
  return path;
}

const TRAIN = 'gpt2-corpus-h2';
const refused: readonly (readonly [string, string, (probe: Record<string, unknown>) => void, RegExp])[] = [
  ['an unknown key', TRAIN, (probe) => Object.assign(probe, { latent: 3 }), /latent/],
  [
    'an unknown key of the optimizer',
    TRAIN,
    (probe) => Object.assign(probe['optimizer'] as object, { momentum: 1 }),
    /optimizer\.momentum/,
  ],
  ['a missing key', TRAIN, (probe) => delete probe['ahead'], /ahead/],
  ['a key of another mode', 'gpt2-generate-h2', (probe) => Object.assign(probe, { ahead: 1 }), /ahead/],
  ['another format', TRAIN, (probe) => Object.assign(probe, { format: 'latent-sweep-probe/2' }), /format/],
  ['a system that has no corpus objective', TRAIN, (probe) => Object.assign(probe, { system: 'coconut' }), /system/],
  [
    'a channel that does not fit',
    TRAIN,
    (probe) => Object.assign(probe, { channel: { kind: 'kv', layers: 'all' } }),
    /channel/,
  ],
  [
    'a head of its own',
    TRAIN,
    (probe) => Object.assign(probe['model'] as object, { tie_word_embeddings: false }),
    /tie_word_embeddings/,
  ],
  ['no batches', TRAIN, (probe) => Object.assign(probe, { batches: [] }), /batches/],
  [
    'sites in a plain system',
    'gpt2-corpus-continued_pretraining',
    (probe) => Object.assign((probe['batches'] as object[])[1] as object, { sites: [[1], [1]] }),
    /sites/,
  ],
];

describe('a probe', () => {
  for (const [name, probe, change, message] of refused) {
    test(`with ${name} is refused by name, and nothing is written`, () => {
      const path = changedProbe(probe, change);
      assert.throws(() => runProbe(path, join(folder, 'out')), { code: 'CONFIG_INVALID', message });
      assert.deepEqual(readdirSync(join(folder, 'out')), []);
    });
  }

  test('needs an output folder that exists and is empty', () => {
    writeFileSync(join(folder, 'out', 'old.txt'), '');
    assert.throws(() => runProbe(join(PROBES, TRAIN), join(folder, 'out')), {
      code: 'CONFIG_INVALID',
      message: /OUT.*old\.txt/,
    });
    assert.throws(() => runProbe(join(PROBES, TRAIN), join(folder, 'none')), {
      code: 'CONFIG_INVALID',
      message: /OUT/,
    });
  });

  test('needs a probe.json and weights', () => {
    mkdirSync(join(folder, 'in'));
    assert.throws(() => runProbe(join(folder, 'in'), join(folder, 'out')), {
      code: 'DATA_MISSING',
      message: /probe\.json/,
    });
    writeFileSync(join(folder, 'in', 'probe.json'), '{');
    assert.throws(() => runProbe(join(folder, 'in'), join(folder, 'out')), {
      code: 'CONFIG_INVALID',
      message: /not JSON/,
    });
    cpSync(join(PROBES, TRAIN, 'probe.json'), join(folder, 'in', 'probe.json'));
    assert.throws(() => runProbe(join(folder, 'in'), join(folder, 'out')), {
      code: 'DATA_MISSING',
      message: /weights\.safetensors/,
    });
  });

  test('is only read', () => {
    const path = changedProbe(TRAIN, () => undefined);
    const listing = readdirSync(path).sort();
    runProbe(path, join(folder, 'out'));
    assert.deepEqual(readdirSync(path).sort(), listing);
    assert.deepEqual(readdirSync(join(folder, 'out')).sort(), ['result.json', 'tensors.safetensors']);
  });
});
