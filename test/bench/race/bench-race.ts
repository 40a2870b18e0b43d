// `npm run bench:race -- [--kills 0|3] [--seed N] [--cells 400] [--slots 16] [--waiting 160] [--inside]`: one JSON row on the last line.

import { parseArgs } from 'node:util';
import { printRow } from '../../integration/unless-signalled.ts';
import { runRace } from './run-race.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    cells: { type: 'string', default: '400' },
    slots: { type: 'string', default: '16' },
    waiting: { type: 'string' },
    inside: { type: 'boolean', default: false },
  },
});
const row = runRace({
  kills: Number(values.kills),
  seed: Number(values.seed),
  cells: Number(values.cells),
  slots: Number(values.slots),
  // a second of work waits for each second that an orchestrator may be away
  waitingPlaces: Number(values.waiting ?? 10 * Number(values.slots)),
  trainer: values.inside ? 'simulate-inside' : 'simulate',
});
await printRow(row, ({ done_exactly_once, cells }) => done_exactly_once === cells);
