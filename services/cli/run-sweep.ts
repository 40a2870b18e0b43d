// What run, start, follow and the quickstart share: a sweep file becomes a sweep, is followed, and ends with its results.

import { type Config, endpoints } from '../config/index.ts';
import { EXIT, type ExitCode } from '../edge/index.ts';
import type { ReadSweepFile } from '../sweep-file/index.ts';
import { withLastingReader, withSweepClient } from './access.ts';
import { bringUpIfAbsent } from './bring-up.ts';
import { checkData } from './check-data.ts';
import { fleetNotes } from './fleet-notes.ts';
import type { FollowEnd } from './follow/follow-sweep.ts';
import { followToEnd } from './follow/follow-to-end.ts';
import { listenForInterruption } from './interruption.ts';
import type { Output } from './output.ts';
import { pinnedSweepFile } from './pinned-sweep-file.ts';
import { readSweepResults } from './results/show-sweep.ts';

/** `already_known`: the same file was started before and goes on. */
export interface StartedSweep {
  readonly name: string;
  readonly cells: number;
  readonly how: 'started' | 'already_known';
}

/** How following ended, for the shell and for people. */
export interface FollowedSweep {
  readonly exitCode: ExitCode;
  /** For --json. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Results of a sweep that came to its end; null = it did not. */
  readonly text: string | null;
}

/** @throws LatentSweepError SPEC_INVALID with the lines of the file, DATA_INVALID with the line of a data file, CONFLICT when another sweep file has the name */
export async function startSweepFile(
  config: Config,
  file: string,
  output: Output,
  options: { readonly mayStartStack: boolean },
): Promise<StartedSweep> {
  const sweep = await checkedSweepFile(file);
  await needStack(config, output, options.mayStartStack);
  const { name, cells } = sweep;
  const how = await withSweepClient(config, (client) => client.startSweep(sweep));
  output.say(
    how === 'started'
      ? `${name} started: ${cells} cells`
      : `${name} is known already; what is open goes on, what is finished stays`,
  );
  for (const note of await fleetNotes(config, sweep.spec)) output.say(`note: ${note}`);
  return { name, cells, how };
}

/** @throws an AbortError when it is interrupted: the stack goes on coming up, the sweep is not started */
async function needStack(config: Config, output: Output, mayStart: boolean): Promise<void> {
  const interruption = listenForInterruption();
  try {
    const { signal } = interruption;
    if ((await bringUpIfAbsent(config, output, { mayStart, signal })) === 'up') return;
    output.say('interrupted while the stack was starting; no sweep was started');
    signal.throwIfAborted();
  } finally {
    interruption.stopListening();
  }
}

/** @throws LatentSweepError SPEC_INVALID, DATA_INVALID, NOT_FOUND without a sweep of the name */
export async function extendSweepFile(
  config: Config,
  file: string,
): Promise<{ readonly name: string; readonly cells: number; readonly revision: number }> {
  const sweep = await checkedSweepFile(file);
  const { revision } = await withSweepClient(config, (client) => client.extend(sweep));
  return { name: sweep.name, cells: sweep.cells, revision };
}

/** What is sent off: its names on the hub pinned, its data read. */
async function checkedSweepFile(file: string): Promise<ReadSweepFile> {
  const sweep = await pinnedSweepFile(file);
  await checkData(sweep.spec);
  return sweep;
}

/** Follows, then reads the results through SQL. */
export async function followToResults(
  config: Config,
  sweep: string,
  output: Output,
  comeBack: string,
): Promise<FollowedSweep> {
  // a stack that is down is a refusal now, not a trouble that passes
  endpoints(config);
  const interruption = listenForInterruption();
  try {
    return await withLastingReader(config, async (reader) => {
      const { signal } = interruption;
      const { end, exitCode } = await followToEnd({ config, reader, sweep, output, comeBack, signal });
      if (end.kind !== 'closed') return { exitCode, value: { sweep, ended: end.kind }, text: null };
      const { rows, sql, text } = await readSweepResults(reader, sweep, end.progress.cells);
      return { exitCode, value: { sweep, ...endValue(end), sql, results: rows }, text };
    });
  } finally {
    interruption.stopListening();
  }
}

/** Sets the exit code of the process, which ends by itself later; `EXIT.ok` never hides another one. */
export function setExitCode(exitCode: ExitCode): void {
  if (exitCode !== EXIT.ok) process.exitCode = exitCode;
}

function endValue({ progress: { state, cells, counts } }: FollowEnd & { readonly kind: 'closed' }) {
  return { ended: state, cells, counts };
}
