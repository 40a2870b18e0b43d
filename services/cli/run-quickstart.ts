// The quickstart's steps: stack up, sweep started or found, followed, results and chart from Postgres, what to type next.

import { up } from '../../infra/local/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, runningStack } from '../config/index.ts';
import { type ReadSweepFile, readSweepFile } from '../sweep-file/index.ts';
import { withReader, withSweepClient } from './access.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { followToEnd } from './follow/follow-to-end.ts';
import { listenForInterruption } from './interruption.ts';
import { lsweepCommand } from './lsweep-command.ts';
import type { Output } from './output.ts';
import { psqlCommand } from './psql-command.ts';
import { StackProgress } from './render/stack-progress.ts';
import { chartText, readResults, writeChart } from './results/present-results.ts';

export interface QuickstartEnd {
  readonly exitCode: ExitCode;
  readonly value: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const AGAIN = 'npm start';

export async function runQuickstart(config: Config, file: string, output: Output): Promise<QuickstartEnd> {
  const sweep = readSweepFile(file);
  const { name, cells } = sweep;
  const interruption = listenForInterruption();
  const { signal } = interruption;
  try {
    const isUp = await bringUp(config, output, signal);
    if (!isUp) return interrupted(name);
    const how = await start(config, sweep, file);
    output.say(
      how === 'started'
        ? `Sweep ${name} started: ${cells} cells. Ctrl-C leaves it running.`
        : `Sweep ${name} is known already; it goes on where it was.`,
    );
    return await withReader(config, async (reader) => {
      const { end, exitCode } = await followToEnd({ config, reader, sweep: name, output, comeBack: AGAIN, signal });
      if (end.kind !== 'closed') return { exitCode, value: { sweep: name, ended: end.kind }, text: '' };
      const results = await readResults(reader, name);
      const chart = await writeChart(reader, name, config.stateDir);
      const { state, counts } = end.progress;
      const psql = psqlCommand(config);
      return {
        exitCode,
        value: { sweep: name, ended: state, cells, counts, sql: results.sql, results: results.rows, chart, psql },
        text: [
          '',
          'Results, read from Postgres with',
          results.text,
          '',
          chartText(chart),
          '',
          nextSteps(name, psql),
        ].join('\n'),
      };
    });
  } finally {
    interruption.stopListening();
  }
}

/** @throws LatentSweepError CONFLICT when the state folder holds results of an earlier version of the file */
async function start(config: Config, sweep: ReadSweepFile, file: string): Promise<'started' | 'already_known'> {
  try {
    return await withSweepClient(config, (client) => client.startSweep(sweep));
  } catch (error) {
    if (!(error instanceof LatentSweepError && error.code === 'CONFLICT')) throw error;
    const lsweep = lsweepCommand(process.env);
    throw new LatentSweepError(
      'CONFLICT',
      `${config.stateDir} holds a sweep ${sweep.name} of an earlier version of ${file}. Run the new cells too: ${lsweep} extend ${file}. Or start anew: ${lsweep} down, then move ${config.stateDir} away`,
      { name: sweep.name, file, stateDir: config.stateDir },
      error,
    );
  }
}

/** @returns false when interrupted meanwhile; the stack goes on starting */
async function bringUp(config: Config, output: Output, signal: AbortSignal): Promise<boolean> {
  if (runningStack(config) === null) output.say(`Bringing the local stack up in ${config.stateDir} ...`);
  const progress = new StackProgress((text) => output.say(text));
  try {
    const { kind, isConfigChanged } = await up(config, {
      signal,
      onChange: (record) => progress.show(record),
    });
    if (kind === 'running') output.say('The local stack is up.');
    if (isConfigChanged)
      output.say('It runs with an earlier configuration; lsweep down and lsweep up apply the present one.');
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function interrupted(sweep: string): QuickstartEnd {
  const text = `interrupted while the stack was starting; go on with: ${AGAIN}`;
  return { exitCode: EXIT.interrupted, value: { sweep, ended: 'interrupted' }, text };
}

function nextSteps(sweep: string, psql: string | null): string {
  const lsweep = lsweepCommand(process.env);
  const commands: readonly (readonly [string, string])[] = [
    [`${lsweep} show ${sweep} 0`, 'one trial with its phases'],
    [`${lsweep} down`, 'stop the stack; results stay in .lsweep'],
  ];
  return [
    'Go on:',
    ...(psql === null ? [] : [`  ${psql}`]),
    `  ${lsweep} sql "select system, latents, accuracy, chance from study.cells where sweep = '${sweep}'"`,
    ...commands.map(([command, what]) => `  ${command.padEnd(32)}${what}`),
  ].join('\n');
}
