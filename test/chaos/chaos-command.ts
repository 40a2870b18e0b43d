// `npm run test:chaos -- [--minutes 20] [--seed 1] [--workers 64] [--slots 1] [--cells 1000] [--every 5]`: one JSON row on the last line; exit code 1 when
// something did not hold. With `--real --kills 20`: training on the CPU provider under SIGKILLs (real-kills.ts). With `--failover --outage-s 300`: what failures
// cost with the default times of a fleet (failover.ts).

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { printRow } from '../integration/unless-signalled.ts';
import { measureFailover } from './failover.ts';
import { realKills } from './real-kills.ts';
import { type ChaosOptions, runChaos } from './run-chaos.ts';
import { faultsOf } from './verdict.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '64' },
    slots: { type: 'string', default: '1' },
    cells: { type: 'string', default: '1000' },
    every: { type: 'string', default: '5' },
    real: { type: 'boolean', default: false },
    kills: { type: 'string', default: '20' },
    failover: { type: 'boolean', default: false },
    'outage-s': { type: 'string', default: '300' },
  },
});
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
/** Share of the time that trials take without any chaos; the rest goes to kills, restarts and dispatch, so that injections fall to the end. */
const WORK_SHARE = 0.8;

await printRow<{ readonly faults: readonly unknown[] }>(asked(), (row) => row.faults.length === 0);

function asked() {
  if (values.failover) return measureFailover({ outageS: Number(values['outage-s']), say });
  // the processes of a whole stack end with this one
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  if (values.real) return realKills({ kills: Number(values.kills), seed: Number(values.seed), say });
  return chaos();
}

async function chaos() {
  const chaosSeconds = Number(values.minutes) * 60;
  const slots = Number(values.workers) * Number(values.slots);
  const settings = {
    seed: Number(values.seed),
    nodes: Number(values.workers),
    slotsPerNode: Number(values.slots),
    replicas: 2,
    cells: Number(values.cells),
    chaosSeconds,
    everySeconds: Number(values.every),
    trialSeconds: Math.max(1, Math.round((WORK_SHARE * chaosSeconds * slots) / Number(values.cells))),
    segmentSeconds: 5,
    drainSeconds: 1_200,
  };
  const options: ChaosOptions = { ...settings, say };
  const outcome = await runChaos(options);
  const { injections, comparison, lost, zombies, orphans, leaked, ...rest } = outcome;
  const count = (start: string): number => injections.filter((injection) => injection.kind.startsWith(start)).length;
  return {
    ...settings,
    injections: injections.length,
    kills: count('kill'),
    suspensions: count('suspend'),
    disturbances: injections.length - count('kill') - count('suspend'),
    ...comparison,
    ...lost,
    ...rest,
    zombies: zombies.length,
    orphans: orphans.length,
    leaked: leaked.length,
    loadavg: loadavg()[0],
    faults: faultsOf(options, outcome),
  };
}
