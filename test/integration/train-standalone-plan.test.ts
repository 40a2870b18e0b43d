// `lsweep trainer plan` and `profile`: figures of every phase as a table and as JSON, and an exit code that scripts can ask.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { jsonOf, runCli } from '../unit/cli-child.ts';

const cwd = mkdtempSync(join(tmpdir(), 'lsweep-plan-'));
after(() => rmSync(cwd, { recursive: true }));
writeFileSync(
  join(cwd, 'sweep.yaml'),
  `
name: planned
model: { family: gpt2, layers: 2, width: 64, heads: 2, context: 128 }
tokenizer: bytes
task: { name: countdown, operands: 2, train: 64, valid: 8, test: 12 }
base: { steps: 30, batch: 4, sequence: 64 }
train: { stepsPerStage: 20, batch: 256 }
evaluate: { split: test, batch: 4, maxNewTokens: 16 }
systems: [h1]
axes: { latents: [4] }
seeds: 1
`,
);

interface Plan {
  readonly phases: readonly {
    readonly kind: string;
    readonly steps: number;
    readonly capacityFloatsPerLatent: number | null;
    readonly fits: boolean;
    readonly largestFitting: number | null;
    readonly memory: { readonly total: number };
  }[];
}

test('a plan has every phase, and fits where there is room', async () => {
  const { code, stdout, stderr } = await runCli(['--json', 'trainer', 'plan', 'sweep.yaml', '--memory', '8'], { cwd });
  assert.equal(code, 0, stderr);
  const { phases } = jsonOf<Plan>(stdout);
  assert.deepEqual(
    phases.map(({ kind, steps, fits, largestFitting }) => ({ kind, steps, fits, largestFitting })),
    [
      { kind: 'base', steps: 30, fits: true, largestFitting: 4 },
      { kind: 'finetune', steps: 20, fits: true, largestFitting: 256 },
      { kind: 'evaluate', steps: 3, fits: true, largestFitting: 4 },
    ],
  );
  // two layers, keys and values of width 64
  assert.equal(phases[1]?.capacityFloatsPerLatent, 2 * 2 * 64);
});

test('a plan that cannot fit ends with 1, and the microbatch that would is named', async () => {
  const args = ['trainer', 'plan', 'sweep.yaml', '--memory', '0.24'];
  const [text, json] = await Promise.all([runCli(args, { cwd }), runCli(['--json', ...args], { cwd })]);
  assert.deepEqual([text.code, json.code], [1, 1]);
  assert.match(text.stdout, /finetune does NOT fit/);
  const largest = jsonOf<Plan>(json.stdout).phases[1]?.largestFitting;
  assert.ok(largest !== null && largest !== undefined && largest >= 1 && largest < 256);
  assert.match(text.stderr, new RegExp(`^OUT_OF_MEMORY: finetune .*train\\.microbatch ${largest} would fit`));
});

test('a profile is printed with its passes, and its trace is a file that Chrome reads', async () => {
  const args = ['trainer', 'profile', 'sweep.yaml', '--steps', '1', '--phase', 'base', '--trace', 'trace.json'];
  const { code, stdout, stderr } = await runCli(args, { cwd });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /ms a step over 1 steps.*MFU/s);
  assert.match(stdout, /^Base pass, backward +\d/m);
  const trace = jsonOf<{ readonly traceEvents: readonly object[] }>(readFileSync(join(cwd, 'trace.json'), 'utf8'));
  assert.ok(trace.traceEvents.length > 100);
});
