// The quickstart's steps: stack up, sweep started or found, followed, results and chart from Postgres, what to type next.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Config } from '../config/index.ts';
import { EXIT, type ExitCode } from '../edge/index.ts';
import type { StudyReader } from '../store/index.ts';
import { type ReadSweepFile, readSweepFile } from '../sweep-file/index.ts';
import { withLastingReader, withReader, withSweepClient } from './access.ts';
import { bringUp } from './bring-up.ts';
import { dashboardUrl } from './dashboard-address.ts';
import { followToEnd } from './follow/follow-to-end.ts';
import { countsOf, readSweep } from './follow/read-progress.ts';
import { listenForInterruption } from './interruption.ts';
import { againCommand, lsweepCommand } from './lsweep-command.ts';
import type { Output } from './output.ts';
import { psqlCommand } from './psql-command.ts';
import { nextStepsText } from './render/next-steps.ts';
import { chartText, readResults, writeChart } from './results/present-results.ts';

/** Exit code, and the result as data and as text. */
export interface QuickstartEnd {
  readonly exitCode: ExitCode;
  readonly value: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/**
 * Safe to repeat: a stack that is up and a sweep that is known go on.
 * @throws LatentSweepError SPEC_INVALID, CONFLICT when another sweep has the name, and what a stack that does not
 * come up fails with
 */
export async function runQuickstart(config: Config, file: string, output: Output): Promise<QuickstartEnd> {
  const sweep = readSweepFile(file);
  const { name, cells } = sweep;
  const interruption = listenForInterruption();
  const { signal } = interruption;
  try {
    const stack = await bringUp(config, sweep, output, signal);
    if (stack === 'interrupted') return interrupted(name);
    if (stack === 'all_done') {
      output.say(`Sweep ${name} is finished: all ${cells} cells. Nothing is left to do.`);
      return await withReader(config, (reader) => endOf(config, reader, name, EXIT.ok));
    }
    const how = await start(config, sweep, file);
    output.say(
      how === 'started'
        ? `Sweep ${name} started: ${cells} cells. Ctrl-C leaves it running.`
        : `Sweep ${name} is known already; it goes on where it was.`,
    );
    return await withLastingReader(config, async (reader) => {
      const { end, exitCode } = await followToEnd({
        config,
        reader,
        sweep: name,
        output,
        comeBack: againCommand(process.env),
        signal,
      });
      if (end.kind !== 'closed') return { exitCode, value: { sweep: name, ended: end.kind }, text: '' };
      return await endOf(config, reader, name, exitCode);
    });
  } finally {
    interruption.stopListening();
  }
}

/** Table, chart and what to type next, all from Postgres. */
async function endOf(config: Config, reader: StudyReader, sweep: string, exitCode: ExitCode): Promise<QuickstartEnd> {
  const row = await readSweep(reader, sweep);
  const { rows, sql, text } = await readResults(reader, sweep);
  const chart = await writeChart(reader, sweep, config.stateDir);
  const psql = psqlCommand(config);
  const dashboard = await dashboardUrl(config, `/sweeps/${sweep}`);
  const lsweep = lsweepCommand(process.env);
  const steps = nextStepsText({ ...{ sweep, lsweep, psql, dashboard }, stateDir: config.stateDir });
  const { state: ended, cells } = row;
  return {
    exitCode,
    value: { ...{ sweep, ended, cells, counts: countsOf(row), sql }, ...{ results: rows, chart, psql, dashboard } },
    text: ['', 'Results, read from Postgres with', text, '', chartText(chart), '', steps].join('\n'),
  };
}

/** @throws LatentSweepError CONFLICT when the state folder holds results of another version of the file */
async function start(config: Config, sweep: ReadSweepFile, file: string): Promise<'started' | 'already_known'> {
  try {
    return await withSweepClient(config, (client) => client.startSweep(sweep));
  } catch (error) {
    if (!(error instanceof LatentSweepError && error.code === 'CONFLICT')) throw error;
    const lsweep = lsweepCommand(process.env);
    throw new LatentSweepError(
      'CONFLICT',
      `${config.stateDir} holds a sweep ${sweep.name} of another version of ${file}: ${error.sentence}. Or start anew: ${lsweep} down, then move ${config.stateDir} away`,
      { name: sweep.name, file, stateDir: config.stateDir },
      error,
    );
  }
}

function interrupted(sweep: string): QuickstartEnd {
  const text = `interrupted while the stack was starting; go on with: ${againCommand(process.env)}`;
  return { exitCode: EXIT.interrupted, value: { sweep, ended: 'interrupted' }, text };
}
