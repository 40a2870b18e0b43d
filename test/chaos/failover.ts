// What failures cost with the times that a real fleet has by default, and minutes without any orchestrator: real Temporal and gRPC,
// orchestrators as processes, scripted nodes. Bars: 20 s for an orchestrator, 30 s for a node, nothing stopped or repeated by an outage.

import { loadavg } from 'node:os';
import { type FailoverBench, openFailoverBench } from '../integration/failover-bench.ts';
import { completionsOf, everyPhase, ownerOf, phaseOf, stepsOf } from '../integration/phases-on-record.ts';
import { sharedBaseSpec } from '../integration/scripted-sweep.ts';
import type { ScriptedWorker } from '../integration/scripted-worker.ts';
import { unlessSignalled } from '../integration/unless-signalled.ts';
import { until } from '../integration/until.ts';

const TAKE_OVER_S = 20;
const NODE_LOST_S = 30;
const STEP_MS = 100;
/** Steps of the base phase of a scripted sweep. */
const BASE_STEPS = 3;

export interface FailoverOptions {
  readonly outageS: number;
  readonly say: (line: string) => void;
}

interface Part {
  readonly figures: Readonly<Record<string, number>>;
  /** What did not hold. */
  readonly faults: readonly string[];
}

/** @throws SignalledError when SIGINT or SIGTERM ended it */
export function measureFailover({ outageS, say }: FailoverOptions) {
  const open = (): Promise<FailoverBench> => openFailoverBench('default');
  return unlessSignalled(open, async (fleet) => {
    const registry = fleet.registries[0];
    const replicas = await Promise.all(fleet.registries.map((address) => fleet.orchestrator(address)));
    const node = await fleet.node('node-one', 4);
    const parts = [await orchestratorKilled(fleet, node)];
    say(`orchestrator killed: ${JSON.stringify(parts.at(-1))}`);
    const owner = await ownerOf(fleet.fixture, 'node-one');
    const left = replicas.find((one) => one === owner) ?? '';
    parts.push(await nodeLost(fleet));
    say(`node lost: ${JSON.stringify(parts.at(-1))}`);
    parts.push(await outage(fleet, node, left, registry, 1_000 * outageS));
    say(`outage: ${JSON.stringify(parts.at(-1))}`);
    return {
      failover: true,
      outage_s: outageS,
      figures: Object.fromEntries(parts.flatMap((part) => Object.entries(part.figures))),
      loadavg: loadavg()[0],
      faults: parts.flatMap((part) => part.faults),
    };
  });
}

async function orchestratorKilled(fleet: FailoverBench, node: ScriptedWorker): Promise<Part> {
  const { bench, fixture } = fleet;
  const steps = 200;
  await bench.start('taken', sharedBaseSpec(2, { steps, stepMs: STEP_MS }, 'a'));
  await bothRun(fleet, 'a');
  const owner = (await ownerOf(fixture, 'node-one')) ?? '';
  await fleet.kill(owner);
  const startMs = performance.now();
  await until('the other owns it', async () => (await ownerOf(fixture, 'node-one')) !== owner, 120_000);
  const ownedS = secondsSince(startMs);
  const known = await stepsOf(fixture, 'a-finetune-0');
  await until('it commits', async () => (await stepsOf(fixture, 'a-finetune-0')) > known, 120_000);
  const committedS = secondsSince(startMs);
  await bench.result('taken');
  const twice = node.stepsDone - (2 * steps + BASE_STEPS);
  return {
    figures: { owned_after_s: ownedS, committed_after_s: committedS },
    faults: [
      ...(committedS < TAKE_OVER_S ? [] : [`the other orchestrator committed after ${committedS} s`]),
      ...(twice === 0 ? [] : [`${twice} steps were done twice after a take-over`]),
    ],
  };
}

async function nodeLost(fleet: FailoverBench): Promise<Part> {
  const { bench } = fleet;
  // the emptiest node gets the work
  const doomed = await fleet.node('node-doomed', 12);
  await bench.start('bereft', sharedBaseSpec(3, { steps: 300, stepMs: STEP_MS }, 'b'));
  await until('the doomed node works', () => doomed.stepsDone > 5, 60_000);
  const lost = [...doomed.attempts.values()].filter((one) => one.running).map((one) => one.key);
  await doomed.die();
  const startMs = performance.now();
  await until(
    'they run elsewhere',
    async () => {
      const again = (await everyPhase(fleet.fixture)).filter(({ attempts }) => attempts.length > 1);
      return lost.every((key) => again.some(({ phase_key }) => phase_key === key));
    },
    120_000,
  );
  const seconds = secondsSince(startMs);
  await bench.commands.cancel('bereft');
  await bench.result('bereft');
  return {
    figures: { phases_lost: lost.length, elsewhere_after_s: seconds },
    faults: [
      ...(lost.length > 0 ? [] : ['the lost node ran nothing']),
      ...(seconds < NODE_LOST_S ? [] : [`phases of a lost node ran elsewhere after ${seconds} s`]),
    ],
  };
}

async function outage(
  fleet: FailoverBench,
  node: ScriptedWorker,
  replica: string,
  registry: string,
  outageMs: number,
): Promise<Part> {
  const { bench, fixture } = fleet;
  const steps = Math.ceil(outageMs / STEP_MS) + 150;
  await bench.start('alone', sharedBaseSpec(2, { steps, stepMs: STEP_MS }, 'c'));
  await bothRun(fleet, 'c');
  const before = node.stepsDone;
  await fleet.kill(replica);
  const startMs = performance.now();
  await until('the outage is over', () => performance.now() - startMs > outageMs, outageMs + 60_000);
  const meanwhile = node.stepsDone - before;
  const running = node.running();
  await fleet.orchestrator(registry);
  await bench.result('alone');
  const phases = await Promise.all([0, 1].map((i) => phaseOf(fixture, `c-finetune-${i}`)));
  const isOnce = phases.every(
    (phase) => phase.attempts.length === 1 && completionsOf(phase) === 1 && phase.metrics.length === steps,
  );
  return {
    figures: { steps_meanwhile: meanwhile },
    faults: [
      ...(running === 2 ? [] : [`${running} of 2 phases ran at the end of the outage`]),
      ...(meanwhile > outageMs / STEP_MS ? [] : [`only ${meanwhile} steps were done during the outage`]),
      ...(isOnce ? [] : ['a phase was tried again, or has not each step once, after the outage']),
    ],
  };
}

async function bothRun({ fixture }: FailoverBench, prefix: string): Promise<void> {
  for (const i of [0, 1])
    await until('both finetunes run', async () => (await stepsOf(fixture, `${prefix}-finetune-${i}`)) > 2);
}

const secondsSince = (startMs: number): number => Math.round((performance.now() - startMs) / 100) / 10;
