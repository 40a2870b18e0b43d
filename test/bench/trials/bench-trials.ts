// `npm run bench:trials -- [--trials 10000] [--slots 16] [--waiting 160]`: many one-second trials through the whole stack; one JSON row on the last
// line. The ideal is trials / slots seconds; the row says what the rest went to.

import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printRow, unlessSignalled } from '../../integration/unless-signalled.ts';
import { until } from '../../integration/until.ts';
import { readLedger } from '../race/ledger.ts';
import { slotGaps } from '../race/slot-gaps.ts';
import { type BenchStack, openBenchStack } from '../stack/open-stack.ts';
import { usageByKind } from '../stack/process-usage.ts';
import { simulatedSweep } from '../stack/simulated-sweep.ts';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '10000' },
    slots: { type: 'string', default: '16' },
    waiting: { type: 'string' },
  },
});
const trials = Number(values.trials);
const slots = Number(values.slots);
const waitingPlaces = Number(values.waiting ?? 4 * slots);
const round = (value: number): number => Number(value.toFixed(3));

await printRow(unlessSignalled(openBenchStack, runTrials), (row) => row.done_exactly_once === trials);

async function runTrials(stack: BenchStack) {
  const ledger = join(stack.root, 'ledger');
  await stack.orchestrator();
  await stack.worker({ name: 'node', trainer: 'simulate', slots, waitingPlaces });
  const before = usageByKind();
  await stack.start('trials', simulatedSweep({ name: 'trials', task: { seconds: 1, ledger }, seeds: trials }));
  await until(
    'the sweep is closed',
    async () => (await stack.query(`select from sweeps where name = 'trials' and state = 'finished'`)).length === 1,
    3_600_000,
  );
  const endedAtS = Date.now() / 1_000;
  const { beganAtS, lastDoneAtS, starts, doneByCell } = readLedger(ledger);
  const wallS = endedAtS - (beganAtS ?? endedAtS);
  const cpu = Object.fromEntries(
    Object.entries(usageByKind()).map(([kind, { cpu_s, peak_mb }]) => {
      const usedS = cpu_s - (before[kind]?.cpu_s ?? 0);
      return [kind, { cpu_ms_per_trial: round((1_000 * usedS) / trials), peak_mb }];
    }),
  );
  const [row] = await stack.query<{ finished: number }>(`select finished from study.sweeps where sweep = 'trials'`);
  const gaps = slotGaps(ledger);
  return {
    bench: 'trials',
    trials,
    slots,
    waiting_places: waitingPlaces,
    wall_s: round(wallS),
    ideal_s: trials / slots,
    efficiency: round(trials / slots / wallS),
    done_exactly_once: [...doneByCell.values()].filter((times) => times === 1).length,
    executions_started: starts,
    finished: row?.finished ?? 0,
    gaps,
    last_done_to_closed_s: round(endedAtS - (lastDoneAtS ?? endedAtS)),
    cpu,
    loadavg: round(loadavg()[0] ?? 0),
  };
}
