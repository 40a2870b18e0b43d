// The grid race: every cell exactly once although the coordinator dies. Rules and row: the race's own page, summarised in test/bench/README.md.

import { once } from 'node:events';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { unlessSignalled } from '../../integration/unless-signalled.ts';
import { until } from '../../integration/until.ts';
import { openBenchStack } from '../stack/open-stack.ts';
import { simulatedSweep } from '../stack/simulated-sweep.ts';
import { killPoints } from './kill-points.ts';
import { readLedger } from './ledger.ts';

export interface RaceOptions {
  readonly cells: number;
  readonly slots: number;
  readonly kills: number;
  readonly seed: number;
  readonly trainer: 'simulate' | 'simulate-inside';
  readonly waitingPlaces: number;
}

export interface RaceRow {
  readonly peer: 'latent-sweep';
  readonly kills: number;
  readonly seed: number;
  readonly cells: number;
  readonly slots: number;
  readonly wall_s: number;
  readonly wall_efficiency: number;
  readonly efficiency_without_downtime: number;
  readonly done_exactly_once: number;
  readonly done_more_than_once: number;
  readonly never_done: number;
  readonly executions_started: number;
  readonly wasted_executions: number;
  /** Done in the ledger, not finished in study.cells. */
  readonly unreported: number;
  readonly loadavg: number;
}

/** Between a kill and the command that starts the orchestrator again. */
const DOWN_MS = 2_000;

/** @throws SignalledError when SIGINT or SIGTERM ended it */
export function runRace(options: RaceOptions): Promise<RaceRow> {
  const { cells, slots, kills, seed, trainer, waitingPlaces } = options;
  return unlessSignalled(openBenchStack, async (stack) => {
    const ledger = join(stack.root, 'ledger');
    const points = killPoints(kills, seed, cells);
    let orchestrator = await stack.orchestrator();
    await stack.worker({ name: 'node', trainer, slots, waitingPlaces });
    await stack.start('race', simulatedSweep({ name: 'race', task: { seconds: 1, ledger }, seeds: cells }));
    for (const point of points) {
      await until(`${point} cells are done`, () => readLedger(ledger).doneLines >= point, 300_000);
      const exited = once(orchestrator, 'exit');
      orchestrator.kill('SIGKILL');
      await exited;
      await pause(DOWN_MS);
      orchestrator = await stack.orchestrator();
    }
    const isClosed = async (): Promise<boolean> =>
      (await stack.query(`select from sweeps where name = 'race' and state = 'finished'`)).length === 1;
    await until('the sweep is closed', isClosed, 300_000);
    const endedAtS = Date.now() / 1_000;
    const { beganAtS, starts, doneByCell } = readLedger(ledger);
    const wallS = endedAtS - (beganAtS ?? endedAtS);
    const reported = await stack.query<{ seed: string }>(
      `select seed from study.cells where sweep = 'race' and state = 'finished'`,
    );
    const finished = new Set(reported.map((row) => Number(row.seed)));
    const idealS = cells / slots;
    const round = (value: number): number => Number(value.toFixed(3));
    return {
      peer: 'latent-sweep',
      kills,
      seed,
      cells,
      slots,
      wall_s: round(wallS),
      wall_efficiency: round(idealS / wallS),
      efficiency_without_downtime: round(idealS / (wallS - (kills * DOWN_MS) / 1_000)),
      done_exactly_once: [...doneByCell.values()].filter((times) => times === 1).length,
      done_more_than_once: [...doneByCell.values()].filter((times) => times > 1).length,
      never_done: cells - doneByCell.size,
      executions_started: starts,
      wasted_executions: starts - cells,
      unreported: [...doneByCell.keys()].filter((cell) => !finished.has(cell)).length,
      loadavg: round(loadavg()[0] ?? 0),
    };
  });
}
