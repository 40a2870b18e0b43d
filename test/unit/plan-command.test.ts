// lsweep plan: what people and programs read before anything runs.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { addGlobalOptions } from '../../services/cli/add-global-options.ts';
import { register } from '../../services/cli/commands/plan.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { GPT2, parametersOf, temporaryFolder, writeFolder } from './weights-folder.ts';

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
  assert.match(
    text,
    /Checkpoints need about [\d.]+ [kM]B in the artifact store while it runs and [\d.]+ [kM]B when all is done/,
  );
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
    (error) => error instanceof LatentSweepError && error.code === 'SPEC_INVALID',
  );
});

test('what is wrong in a data file is found before anything runs, with its line', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plan-data-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const written = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const sweep = (task: string, more: string): string =>
    written(
      'sweep.yaml',
      `name: broken
model: { family: gpt2, layers: 1, width: 16, heads: 2, context: 2048 }
tokenizer: bytes
task: ${task}
base: { steps: 2 }
${more}
axes: { system: [h2], latents: [2] }
`,
    );
  const refused = (file: string, message: RegExp): Promise<void> =>
    assert.rejects(plan(file), (error) => {
      assert.ok(error instanceof LatentSweepError && error.code === 'DATA_INVALID', String(error));
      assert.match(error.message, message);
      return true;
    });
  const text = written('text.jsonl', '{"text":"one two three"}\n{"text": broken\n');
  const pretrain = 'pretrain: { steps: 2, sequence: 64, sites: 2, ahead: 2 }\ntrain: null';
  await refused(sweep(`{ name: corpus, files: [${text}] }`, pretrain), /text\.jsonl, line 2: not JSON/);

  const problems = written('problems.txt', 'How many?||<<1+1=2>> #### many\n');
  const train = 'train: { stepsPerStage: 2 }\ncurriculum: null';
  const many = /problems\.txt, line 1: the answer "many" after #### has no number/;
  await refused(sweep(`{ name: gsm8k, trainFile: ${problems} }`, train), many);
});

test('where a corpus is too large to be read beforehand, all but its text is looked at', async (t) => {
  const folder = temporaryFolder(t);
  const text = join(folder, 'text.txt');
  writeFileSync(text, 'one two three\n');
  // sparse: more than a plan reads, at no cost
  truncateSync(text, 65 << 20);
  const sweep = join(folder, 'sweep.yaml');
  const write = (model: string): void =>
    writeFileSync(
      sweep,
      `name: large
model: ${model}
tokenizer: bytes
task: { name: corpus, files: [${text}] }
pretrain: { steps: 2, sequence: 48, sites: 2, ahead: 2 }
train: null
evaluate: { corpus: { sequence: 48, sites: 2, ahead: 2 } }
axes: { system: [h2], latents: [2] }
seeds: 1
`,
    );
  write('{ family: gpt2, layers: 1, width: 16, heads: 2, context: 64 }');
  assert.match(await plan(sweep), /1 trials/);
  const small = { ...GPT2, contextLength: 64 };
  writeFolder(folder, small, parametersOf(small));
  write('{ weights: . }');
  await assert.rejects(plan(sweep), {
    code: 'TOKEN_OUT_OF_RANGE',
    message: /cell 0, pretrain: tokenizer bytes has 258 ids, the model of .* knows 7/,
  });
});

test('what a phase cannot do is refused by the plan, with its cell: latents without room, a tokenizer that the model does not know', async (t) => {
  const folder = temporaryFolder(t);
  const sweep = join(folder, 'sweep.yaml');
  const write = (model: string, axes: string): void =>
    writeFileSync(
      sweep,
      `name: room
model: ${model}
tokenizer: bytes
task: { name: countdown, operands: 2, maxTarget: 30, train: 20, valid: 2, test: 2 }
${model.includes('weights') ? '' : 'base: { steps: 2, sequence: 32 }'}
train: { stepsPerStage: 2, batch: 2 }
curriculum: null
evaluate: { maxNewTokens: 4 }
axes: ${axes}
`,
    );
  write('{ family: gpt2, layers: 1, width: 16, heads: 2, context: 64 }', '{ system: [h2], latents: [4, 60] }');
  await assert.rejects(plan(sweep), {
    code: 'CONTEXT_EXCEEDED',
    message: /cell 1, finetune: training example 0 needs \d+ positions \(.*latents 60.*model\.context is 64/,
  });
  const small = { ...GPT2, contextLength: 128 };
  writeFolder(folder, small, parametersOf(small));
  write('{ weights: . }', '{ system: [no_cot] }');
  await assert.rejects(plan(sweep), {
    code: 'TOKEN_OUT_OF_RANGE',
    message: /cell 0, finetune: tokenizer bytes has 258 ids, the model of .* knows 7/,
  });
  write('{ weights: Qwen/Qwen3-0.6B }', '{ system: [no_cot] }');
  await assert.rejects(plan(sweep), { code: 'SPEC_INVALID', message: /did you mean hf:Qwen\/Qwen3-0\.6B@main\?/ });
});
