// lsweep plan: what people and programs read before anything runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { register } from '../../services/cli/commands/plan.ts';
import { addGlobalOptions } from '../../services/cli/global-options.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const smoke = fileURLToPath(new URL('../../infra/sweeps/countdown-smoke.yaml', import.meta.url));

/** What the command prints on stdout. */
async function plan(...args: readonly string[]): Promise<string> {
  const written: string[] = [];
  const program = addGlobalOptions(new Command('lsweep'))
    .exitOverride()
    .configureOutput({ writeOut: (text) => written.push(text), writeErr: () => undefined });
  register(program);
  await program.parseAsync(['node', 'lsweep', 'plan', ...args]);
  return written.join('');
}

test('trials, shared phases, capacity and cost are printed', async () => {
  const text = await plan(smoke, '--slots', '2', '--gflops', '10');
  assert.match(text, /4 trials, 9 phases for the 12 that they need/);
  assert.match(text, /^[0-9a-f]{8} +h2 +2 +embedding +16 /m);
  assert.match(text, /^base +1 +4 +6 /m);
  assert.match(text, /about \d+ s on 2 slots that each sustain 10\.0 GFLOP\/s/);
});

test('the table is cut at the limit, and says so', async () => {
  const text = await plan(smoke, '--limit', '1');
  assert.equal(text.match(/^[0-9a-f]{8} /gm)?.length, 1);
  assert.match(text, /and 3 more \(--limit 4 shows all\)/);
});

test('as JSON every trial has its keys and phases', async () => {
  const value = JSON.parse(await plan(smoke, '--json')) as {
    trials: { key: string; phases: string[]; capacityFloatsPerLatent: number; trainedParameters: number }[];
    phases: { key: string; kind: string; trials: number }[];
    estimate: { flops: number; seconds: number };
  };
  assert.equal(value.trials.length, 4);
  const known = new Set(value.phases.map((phase) => phase.key));
  for (const trial of value.trials) {
    assert.match(trial.key, /^[0-9a-f]{32}$/);
    assert.ok(trial.phases.length === 3 && trial.phases.every((key) => known.has(key)));
    assert.equal(trial.capacityFloatsPerLatent, 16);
  }
  assert.ok(value.estimate.flops > 0 && value.estimate.seconds > 0);
});

test('a bad option and a missing file are refused', async () => {
  await assert.rejects(plan(smoke, '--limit', '0'), /whole number from 1/);
  await assert.rejects(
    plan('/nowhere/at-all.yaml'),
    (error) => error instanceof LatentSweepError && error.code === 'NOT_FOUND',
  );
});
