// One chaos run: a sweep of simulated trials on a stack whose processes and links are hit by a seeded plan, then everything that must hold
// afterwards, measured. It judges nothing: see verdict.ts.

import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../integration/until.ts';
import { type ChaosStack, longestHistory, openChaosStack, type StackSize } from './chaos-stack.ts';
import { type Comparison, compareWithUndisturbed } from './compare.ts';
import { type PlannedInjection, planInjections } from './fault-schedule.ts';
import { type InjectedFault, injectFaults } from './inject-faults.ts';
import { type LostWork, ProgressWatch } from './lost-work.ts';
import { allProcesses, type ProcessEntry, processesOf, treeOf } from './processes.ts';
import { type ChaosSweep, chaosSweepFile, stepsOf } from './sweep-file.ts';
import { undisturbedPhases } from './undisturbed.ts';

export interface ChaosOptions extends StackSize {
  readonly seed: number;
  readonly cells: number;
  /** Injections fall for so long, s. */
  readonly chaosSeconds: number;
  /** Mean time between two, s. */
  readonly everySeconds: number;
  /** Of a trial, s. */
  readonly trialSeconds: number;
  readonly segmentSeconds: number;
  /** After the chaos the sweep has so long to end, s. */
  readonly drainSeconds: number;
  /** Told what happens, for people. */
  readonly say: (line: string) => void;
}

export interface ChaosOutcome {
  readonly injections: readonly InjectedFault[];
  readonly comparison: Comparison;
  readonly lost: LostWork;
  /** Slots that could all be busy at one time afterwards. */
  readonly usableSlots: number;
  readonly longestHistory: number;
  /** Of the stack, while it still runs: dead ones that nobody collected, and trainers without a worker. */
  readonly zombies: readonly ProcessEntry[];
  readonly orphans: readonly ProcessEntry[];
  /** Still there after the stack was stopped. */
  readonly leaked: readonly ProcessEntry[];
  readonly restarts: number;
  readonly quarantines: number;
  readonly openSeconds: number;
  readonly sweepSeconds: number;
  /** From the end of the chaos to the end of the sweep; 0 when it was over before. */
  readonly afterChaosSeconds: number;
}

const SWEEP = 'chaos';
const PROBE = 'probe';
const METRICS_PER_STEP = 2;
const PROBE_SECONDS = 600;
const LEAK_SECONDS = 20;

/** @throws Error when the sweep does not end in time; the folder stays then */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { say, nodes, slotsPerNode, replicas } = options;
  const openedMs = performance.now();
  const stack = await openChaosStack({ nodes, slotsPerNode, replicas });
  const openSeconds = secondsSince(openedMs);
  say(`${nodes} nodes, ${replicas} orchestrators, Temporal and Postgres run after ${openSeconds} s, in ${stack.root}`);
  let isOver = false;
  try {
    const outcome = await underInjections(stack, options, openSeconds);
    isOver = true;
    return outcome;
  } finally {
    if (!isOver) await stack.stop();
  }
}

async function underInjections(stack: ChaosStack, options: ChaosOptions, openSeconds: number): Promise<ChaosOutcome> {
  const { say, seed, cells, trialSeconds: seconds, segmentSeconds, nodes, slotsPerNode, replicas } = options;
  const sweep: ChaosSweep = { name: SWEEP, cells, seconds, segmentSeconds, metricsPerStep: METRICS_PER_STEP };
  const spec = await stack.start(SWEEP, chaosSweepFile(sweep));
  const startedMs = performance.now();
  const watch = new ProgressWatch(stack, SWEEP);
  const plan: readonly PlannedInjection[] = planInjections({
    seed,
    durationMs: options.chaosSeconds * 1_000,
    everyMs: options.everySeconds * 1_000,
    nodes,
    slotsPerNode,
    replicas,
  });
  say(`${cells} cells of ${seconds} s and ${stepsOf(sweep)} steps; ${plan.length} injections`);
  const injections: InjectedFault[] = [];
  let finishedSeconds: number | null = null;
  const finished = (async (): Promise<void> => {
    await sweepFinished(stack, (options.chaosSeconds + options.drainSeconds) * 1_000, (line) => say(line));
    finishedSeconds = secondsSince(startedMs);
  })();
  await injectFaults(stack, plan, (injection) => {
    injections.push(injection);
    say(
      `${secondsSince(startedMs)} s: ${injection.kind} ${JSON.stringify(injection.injection)} pid ${injection.pid ?? '-'}`,
    );
  });
  const chaosEndedSeconds = secondsSince(startedMs);
  await finished;
  const sweepSeconds = finishedSeconds ?? secondsSince(startedMs);
  say(`the sweep ended after ${sweepSeconds} s`);
  const lost = await watch.lostWork();
  const comparison = await compareWithUndisturbed(stack, SWEEP, undisturbedPhases(spec));
  const usableSlots = await countUsableSlots(stack, nodes * slotsPerNode);
  say(`${usableSlots} slots were busy at one time`);
  const history = await longestHistory(stack.temporalAddress);
  const [quarantined] = await stack.query<{ count: number }>(
    `select count(*)::int as count from decisions where kind = 'quarantined'`,
  );
  const { zombies, orphans } = strays(stack);
  const restarts = stack.services().reduce((sum, one) => sum + one.restarts, 0);
  await stack.stop();
  const leaked = await leakedProcesses(stack.root);
  if (process.env['LSWEEP_TEST_KEEP'] !== '1') await stack.remove();
  return {
    injections,
    comparison,
    lost,
    usableSlots,
    longestHistory: history,
    zombies,
    orphans,
    leaked,
    restarts,
    quarantines: quarantined?.count ?? 0,
    openSeconds,
    sweepSeconds,
    afterChaosSeconds: round(Math.max(0, sweepSeconds - chaosEndedSeconds)),
  };
}

/** @param say the state of the cells, every half minute */
async function sweepFinished(stack: ChaosStack, withinMs: number, say: (line: string) => void): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  // while Postgres is away nothing is finished, and nobody can say how far it is
  const ask = <Row extends { readonly text: string | null }>(sql: string): Promise<Row | undefined> =>
    stack.query<Row>(sql, [SWEEP]).then(
      ([row]) => row,
      () => undefined,
    );
  for (let saidMs = 0; ; await pause(1_000)) {
    const sweep = await ask('select state as text from sweeps where name = $1');
    if (sweep?.text === 'finished') return;
    const isLate = performance.now() > deadlineMs;
    if (isLate || performance.now() - saidMs > 30_000) {
      saidMs = performance.now();
      const cells = await ask(
        `select string_agg(state || ' ' || n, ', ') as text from (
           select state, count(*) as n from study.cells where sweep = $1 group by 1 order by 1) by_state`,
      );
      say(cells === undefined ? 'Postgres does not answer' : `cells: ${cells.text ?? 'none planned yet'}`);
    }
    if (isLate) throw new Error(`the sweep did not end within ${withinMs} ms; see ${stack.root}`);
  }
}

/** As many trials as slots, long ones: a slot that leaked anywhere, in worker, orchestrator or Temporal, keeps them from all running at once. */
async function countUsableSlots(stack: ChaosStack, slots: number): Promise<number> {
  const trials = {
    name: PROBE,
    cells: slots,
    seconds: PROBE_SECONDS,
    segmentSeconds: PROBE_SECONDS,
    metricsPerStep: 1,
  };
  await stack.start(PROBE, chaosSweepFile(trials));
  let most = 0;
  const allBusy = until(
    'every slot is busy',
    async () => {
      const [row] = await stack.query<{ busy: number }>(
        'select count(distinct (node, slot))::int as busy from study.running where sweep = $1',
        [PROBE],
      );
      most = Math.max(most, row?.busy ?? 0);
      return most === slots;
    },
    PROBE_SECONDS * 500,
  );
  // the count tells what is missing
  await allBusy.catch(() => undefined);
  return most;
}

function strays(stack: ChaosStack): Pick<ChaosOutcome, 'zombies' | 'orphans'> {
  const ours = new Set(treeOf(process.pid));
  const running = new Set(stack.services().map((one) => one.pid));
  const zombies = allProcesses().filter((one) => one.isZombie && ours.has(one.pid) && !running.has(one.pid));
  const orphans = processesOf(stack.root, process.pid).filter((one) => !ours.has(one.pid));
  return { zombies, orphans };
}

async function leakedProcesses(root: string): Promise<readonly ProcessEntry[]> {
  const deadlineMs = performance.now() + LEAK_SECONDS * 1_000;
  for (;;) {
    const left = processesOf(root, process.pid);
    if (left.length === 0 || performance.now() > deadlineMs) return left;
    await pause(200);
  }
}

function secondsSince(startMs: number): number {
  return round((performance.now() - startMs) / 1_000);
}

function round(seconds: number): number {
  return Number(seconds.toFixed(1));
}
