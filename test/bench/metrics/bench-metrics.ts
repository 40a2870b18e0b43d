// `npm run bench:metrics -- [--rows 4000000] [--slots 4] [--outage-s 0]`: metric rows from trainers through gRPC to committed rows, with Postgres
// stopped for a while if asked. Every row must be there once, with the value that seed and step determine. One JSON row on the last line.

import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printRow, unlessSignalled } from '../../integration/unless-signalled.ts';
import { until } from '../../integration/until.ts';
import { type BenchStack, openBenchStack } from '../stack/open-stack.ts';
import { usageByKind } from '../stack/process-usage.ts';
import { simulatedSweep } from '../stack/simulated-sweep.ts';
import { compareValues } from './compare-values.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '4000000' },
    slots: { type: 'string', default: '4' },
    'outage-s': { type: 'string', default: '0' },
    /** Of all trainers together. */
    'offered-per-s': { type: 'string', default: '150000' },
  },
});
const slots = Number(values.slots);
const outageS = Number(values['outage-s']);
const metricsPerStep = 10;
const steps = Math.round(Number(values.rows) / slots / metricsPerStep);
const rows = steps * slots * metricsPerStep;
const round = (value: number): number => Number(value.toFixed(1));

await printRow(unlessSignalled(openBenchStack, moveRows), (row) => row.exactly_once && row.values_equal === rows);

async function moveRows(stack: BenchStack) {
  await stack.orchestrator({ LSWEEP_ORCHESTRATOR_SEGMENT_MS: '1000' });
  await stack.worker({ name: 'node', trainer: 'simulate', slots, waitingPlaces: 0 });
  const seconds = rows / Number(values['offered-per-s']);
  const { spec } = await stack.start(
    'metrics',
    simulatedSweep({ name: 'metrics', task: { seconds, steps, metricsPerStep }, seeds: slots }),
  );
  await until('rows arrive', async () => (await stack.query('select from metrics limit 1')).length === 1, 60_000);

  let outage: Readonly<Record<string, unknown>> | null = null;
  if (outageS > 0) {
    const [begun] = await stack.query<{ rows: number }>('select count(*)::integer as rows from metrics');
    await stack.postgres.stop();
    await pause(1_000 * outageS);
    const allRan = stack.children.every((child) => child.exitCode === null && child.signalCode === null);
    await stack.postgres.start();
    outage = { outage_s: outageS, processes_ran: allRan, rows_at_outage: begun?.rows };
  }
  const isClosed = async (): Promise<boolean> =>
    (await stack.query(`select from sweeps where name = 'metrics' and state = 'finished'`)).length === 1;
  await until('the sweep is closed', isClosed, 900_000);
  const [end] = await stack.query<{ seconds: string }>(
    `select extract(epoch from max(a.closed_at) - min(a.opened_at)) as seconds from attempts a`,
  );
  const [found] = await stack.query<{ rows: number; steps: number; attempts: number; superseded: number }>(`
  select count(*)::integer as rows, max(step) as steps,
    (select count(*)::integer from attempts) as attempts,
    (select count(*)::integer from metrics_superseded) as superseded
  from metrics`);
  const wallS = Number(end?.seconds ?? 0);
  const usage = usageByKind();
  const compared = await compareValues(stack, spec);
  return {
    bench: 'metrics',
    rows,
    committed_once: found?.rows ?? 0,
    exactly_once: found?.rows === rows && found.superseded === 0,
    ...compared,
    attempts: found?.attempts ?? 0,
    slots,
    wall_s: round(wallS),
    rows_per_s: Math.round(rows / wallS),
    ...(outage ?? {}),
    usage,
    loadavg: round(loadavg()[0] ?? 0),
  };
}
