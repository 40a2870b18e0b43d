// Every public probe through the engine, judged against the committed answers of an independent float64 computation.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runProbe } from '../../services/trainer/probe/index.ts';
import { compareProbe } from './compare-probe.ts';

const PROBES = join(import.meta.dirname, 'probes');

describe('the engine agrees with an outside computation', () => {
  const names = readdirSync(PROBES);
  test('all fifteen public probes are here', () => assert.equal(names.length, 15));
  for (const name of names) {
    test(`probe ${name}`, () => {
      const out = mkdtempSync(join(tmpdir(), 'lsweep-probe-'));
      try {
        runProbe(join(PROBES, name), out);
        compareProbe(join(PROBES, name), out);
      } finally {
        rmSync(out, { recursive: true });
      }
    });
  }
});
