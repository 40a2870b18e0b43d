// The simulated trainer behind the real worker, as a process and inside the worker: the same rows and weights, whatever is done to it.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type DeepPartial, type RunPhaseRequest, StopMode } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { simulateEntry } from '../../services/gpu-worker/index.ts';
import { type SimulateTask, simulatePhaseSchema } from '../../services/study/settings/simulate.ts';
import { Heard, phaseKey, request, WORKER_TEST_TIMES, WorkerBench } from './gpu-worker-bench.ts';
import { until } from './until.ts';

const FORMS = { process: simulateEntry, inside: null } as const;
type Form = keyof typeof FORMS;

/** Nobody acknowledges here: waiting for it would only take time. */
const TIMES = { ...WORKER_TEST_TIMES, leaveMs: 50 };

const benches: WorkerBench[] = [];
after(async () => {
  for (const bench of benches) await bench.close();
});

async function open(
  form: Form,
  stallMs: number = WORKER_TEST_TIMES.stallMs,
): Promise<(name: string, task: Partial<SimulateTask>, more?: DeepPartial<RunPhaseRequest>) => Heard> {
  const bench = new WorkerBench();
  benches.push(bench);
  const { address } = await bench.worker({
    trainerEntry: FORMS[form],
    slots: [{ device: 'simulate', threads: 1, memoryBytes: 0 }],
    times: { ...TIMES, stallMs },
  });
  const client = bench.client(address);
  return (name, task, more = {}) => new Heard(client, { ...simulated(name, task), ...more });
}

function simulated(name: string, task: Partial<SimulateTask>): DeepPartial<RunPhaseRequest> {
  const config = simulatePhaseSchema.parse({
    kind: 'simulate',
    task: { name: 'simulate', seconds: 0, steps: 10, ...task },
    standsFor: 'settings',
    seed: 7,
  });
  return { phaseKey: phaseKey(name), attempt: 1, slot: 0, configJson: JSON.stringify(config), segmentMs: 1_000n };
}

/** `metric@step` to value, over all segments. */
function rows(...heard: readonly Heard[]): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const { event } of heard.flatMap((one) => one.durable)) {
    if (event?.$case !== 'segment') continue;
    for (const { name, steps, values: own } of event.value.metrics) {
      steps.forEach((step, i) => values.set(`${name}@${step}`, own[i] ?? Number.NaN));
    }
  }
  return values;
}

function weights({ last }: Heard): string {
  assert.equal(last?.$case, 'completed');
  return (JSON.parse(last.value.resultJson) as { weightsSha256: string }).weightsSha256;
}

for (const form of ['process', 'inside'] as const) {
  test(`${form}: a phase records every row of every step once, and its executions in the ledger`, async () => {
    const run = await open(form);
    const folder = mkdtempSync(join(tmpdir(), 'simulate-'));
    const ledger = join(folder, 'ledger');
    const heard = run('plain', { metricsPerStep: 3, ledger });
    await heard.ended;
    assert.equal(rows(heard).size, 30);
    assert.ok([...rows(heard).values()].every(Number.isFinite));
    assert.match(readFileSync(ledger, 'utf8'), /^start 7 \d+\.\d{3} \d+\ndone 7 \d+\.\d{3} \d+\n$/);
    rmSync(folder, { recursive: true });
  });

  test(`${form}: each fault is reported as what it is, and only by the attempts that it is meant for`, async () => {
    const run = await open(form);
    const codes = {
      crash: 'TRAINER_CRASHED',
      out_of_memory: 'OUT_OF_MEMORY',
      nan: 'NAN_LOSS',
      error: 'INTERNAL',
    } as const;
    for (const [kind, code] of Object.entries(codes) as [keyof typeof codes, string][]) {
      const faults = [{ kind, probability: 1, step: 4, attempts: 1 }];
      const hit = run(`hit by ${kind}`, { faults });
      await hit.ended;
      assert.equal(hit.failure().code, code);
      const again = run(`hit by ${kind}`, { faults }, { attempt: 2 });
      await again.ended;
      assert.equal(again.last?.$case, 'completed', `after ${kind}`);
    }
  });

  test(`${form}: a hanging step is ended by the watchdog`, async () => {
    const run = await open(form, 300);
    const heard = run('hang', { faults: [{ kind: 'hang', probability: 1, step: 2, attempts: null }] });
    await heard.ended;
    assert.equal(heard.failure().code, 'STALLED');
  });

  test(`${form}: stopped with a checkpoint and resumed, it ends with the rows and weights of an undisturbed phase`, async () => {
    const run = await open(form);
    const calm = run('calm', { steps: 40 });
    await calm.ended;
    const first = run('cut', { steps: 40, seconds: 20, checkpointEvery: 3 });
    await until('a checkpoint is recorded', () => first.checkpoint !== undefined);
    const resume = first.checkpoint;
    assert.ok(resume);
    await first.leave();
    const second = run('cut', { steps: 40, checkpointEvery: 3 }, { attempt: 2, resume });
    await second.ended;
    const kept = [...rows(first)].filter(([name]) => Number(name.split('@')[1]) <= Number(resume.step));
    assert.deepEqual(new Map([...kept, ...rows(second)]), rows(calm));
    assert.equal(weights(second), weights(calm));
  });
}

test('a stop ends a step that would sleep for an hour', async () => {
  const bench = new WorkerBench();
  benches.push(bench);
  const { address } = await bench.worker({
    trainerEntry: null,
    slots: [{ device: 'simulate', threads: 1, memoryBytes: 0 }],
    times: TIMES,
  });
  const client = bench.client(address);
  const heard = new Heard(client, simulated('long', { seconds: 3_600, steps: 1 }));
  await until('it runs', () => heard.messages.some(({ event }) => event?.$case === 'started'));
  await client.stopPhase({ phaseKey: phaseKey('long'), attempt: 1, mode: StopMode.CHECKPOINT });
  await heard.ended;
  assert.equal(heard.last?.$case, 'stopped');
});

test('a node that trains refuses a simulated phase, and a simulated node refuses to train', async () => {
  const run = await open('inside');
  const trained = run('trained', {}, request('trained', { steps: 1, stepMs: 0 }));
  await trained.ended;
  assert.match(String(trained.error), /worker\.trainer must be engine/);
  const bench = new WorkerBench();
  benches.push(bench);
  const { address } = await bench.worker({ times: TIMES });
  const refused = new Heard(bench.client(address), simulated('refused', {}));
  await refused.ended;
  assert.match(String(refused.error), /worker\.trainer must be simulate/);
});
