// Real training on the CPU provider under SIGKILLs: one stack runs a sweep undisturbed, another runs the same sweep while seeded kills of trainers,
// nodes and the orchestrator fall on it, each after the sweep has moved on from the one before. What they recorded is compared bit by bit.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { RealStack, type Victim } from '../integration/real-stack.ts';
import { until } from '../integration/until.ts';

export interface RealKillsOptions {
  readonly kills: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface RealKillsRow {
  readonly kills: number;
  readonly killed: Readonly<Record<Victim, number>>;
  readonly seed: number;
  readonly cells: number;
  readonly calm_s: number;
  readonly hit_s: number;
  readonly attempts: number;
  readonly phases: number;
  readonly rows_compared: number;
  readonly weights_compared: number;
  readonly items_compared: number;
  readonly faults: readonly string[];
}

const NAME = 'under-kills';
/**
 * Long enough for twenty kills with work between them, also on a machine that does nothing else (about 45 s undisturbed on 2 cores). Many of them
 * may fall on one phase, so crashes have a budget that does not end it.
 */
const SWEEP = `
name: ${NAME}
model: { family: gpt2, layers: 2, width: 32, heads: 2, context: 96 }
tokenizer: bytes
task: { name: countdown, operands: 3, train: 512, valid: 8, test: 16 }
base: { steps: 400, batch: 8, sequence: 64, warmupSteps: 5 }
curriculum: { stages: 2, firstStage: 1 }
train: { stepsPerStage: 1800, batch: 8, lr: 1.0e-3 }
evaluate: { split: test, items: 16, maxNewTokens: 24, batch: 8 }
systems: [soft_embeddings, liu, h1, h2]
latents: 2
seeds: 1
retries: { worker_crash: { attempts: 100 } }
`;
const CELLS = 4;
const FINISH_MS = 900_000;
/** Drawn from; as in life, what is many dies most often. */
const VICTIMS: readonly Victim[] = ['trainer', 'trainer', 'gpu-worker', 'gpu-worker', 'orchestrator'];

export async function realKills({ kills, seed, say }: RealKillsOptions): Promise<RealKillsRow> {
  const folder = await mkdtemp(join(tmpdir(), 'lsweep-real-kills-'));
  // Postgres refuses to run as root and runs as another user then
  await chmod(folder, 0o755);
  const up: RealStack[] = [];
  const open = async (name: string): Promise<RealStack> => {
    const stack = await RealStack.open(join(folder, name), NAME, SWEEP);
    up.push(stack);
    return stack;
  };
  const finished = async (stack: RealStack): Promise<number> => {
    await until('every cell is finished', () => stack.isFinished(CELLS), FINISH_MS);
    const [row] = await stack.query(
      'select round(extract(epoch from max(closed_at) - min(opened_at))::numeric, 1)::float8 as s from attempts',
    );
    return Number(row?.['s']);
  };
  try {
    const calm = await open('calm');
    const calmS = await finished(calm);
    const expected = await calm.results();
    await calm.down();
    say(`undisturbed: ${calmS} s`);

    const hit = await open('hit');
    const killed = { trainer: 0, 'gpu-worker': 0, orchestrator: 0 };
    const random = xoroshiro128plus(seed);
    const draw = (count: number): number => uniformInt(random, 0, count - 1);
    for (let done = 0; done < kills; done++) {
      const movedOn = await progressSince(hit);
      await until('the sweep moves on', async () => (await movedOn()) || (await hit.isFinished(CELLS)), FINISH_MS);
      if (await hit.isFinished(CELLS)) break;
      const what = VICTIMS[draw(VICTIMS.length)] ?? 'trainer';
      const place = draw(2);
      await until(`a ${what} runs`, () => hit.pidsOf(what).length > 0, 60_000);
      const pids = hit.pidsOf(what);
      await hit.kill(what, place < pids.length ? [...pids.slice(place), ...pids.slice(0, place)] : pids);
      killed[what] += 1;
      say(`kill ${done + 1} of ${kills}: ${what}`);
    }
    const hitS = await finished(hit);
    const found = await hit.results();
    const attempts = await hit.attempts();
    const total = killed.trainer + killed['gpu-worker'] + killed.orchestrator;
    const faults = [
      total < kills && `the sweep was over after ${total} kills of ${kills}`,
      !isDeepStrictEqual(found.curves, expected.curves) && 'metric rows differ',
      !isDeepStrictEqual(found.weights, expected.weights) && 'weights differ',
      !isDeepStrictEqual(found.items, expected.items) && 'evaluated items differ',
      !isDeepStrictEqual(found.accuracies, expected.accuracies) && 'accuracies differ',
      attempts?.['completions'] !== attempts?.['phases'] && 'a phase ran twice to its end',
      expected.curves.length === 0 && 'no row was compared',
    ];
    return {
      kills: total,
      killed,
      seed,
      cells: CELLS,
      calm_s: calmS,
      hit_s: hitS,
      attempts: Number(attempts?.['attempts']),
      phases: Number(attempts?.['phases']),
      rows_compared: expected.curves.length,
      weights_compared: expected.weights.filter((row) => row['weights_sha256'] !== null).length,
      items_compared: expected.items.length,
      faults: faults.filter((fault) => fault !== false),
    };
  } finally {
    for (const stack of up) await stack.down();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns whether any attempt has done a step that it had not done when this was called */
async function progressSince(stack: RealStack): Promise<() => Promise<boolean>> {
  const steps = async (): Promise<ReadonlyMap<string, number>> =>
    new Map((await stack.running('%')).map((row) => [`${row['phase_key']}/${row['attempt']}`, Number(row['step'])]));
  const before = await steps();
  return async () => [...(await steps())].some(([id, step]) => step > (before.get(id) ?? 0));
}
