// Brings the local stack up for commands that need it: the quickstart always, run and start where there is none and none is configured.
// Postgres is the first to be ready, so the quickstart asks it at once whether anything is left to do; if not, nobody waits for the rest.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, runningStack, type StackRecord } from '../config/index.ts';
import { up } from '../local-stack/index.ts';
import { openReader, readRows } from '../store/index.ts';
import type { ReadSweepFile } from '../sweep-file/index.ts';
import { lsweepCommand } from './lsweep-command.ts';
import type { Output } from './output.ts';
import { allDoneQuery } from './queries/all-done.ts';
import { StackProgress } from './render/stack-progress.ts';

/** `all_done`: nothing is left of the sweep, so the rest of the stack was not waited for. */
export type BroughtUp = 'up' | 'all_done' | 'interrupted';

/**
 * For commands that start sweeps. Configured servers, and a stack that runs, stay as they are; with `mayStart` false the command's own
 * refusal follows.
 */
export async function bringUpIfAbsent(
  config: Config,
  output: Output,
  options: { readonly mayStart: boolean; readonly signal: AbortSignal },
): Promise<'up' | 'interrupted'> {
  const isConfigured = config.postgres.url !== null || config.temporal.address !== null;
  if (isConfigured || !options.mayStart || runningStack(config) !== null) return 'up';
  output.say('No stack is up here and no server is configured (--no-up refuses instead).');
  return (await bringUp(config, null, output, options.signal)) === 'interrupted' ? 'interrupted' : 'up';
}

/** @param sweep asked for whether it is done already; null = the whole stack is wanted in any case */

export async function bringUp(
  config: Config,
  sweep: Pick<ReadSweepFile, 'name' | 'specHash'> | null,
  output: Output,
  signal: AbortSignal,
): Promise<BroughtUp> {
  if (runningStack(config) === null) output.say(`Bringing the local stack up in ${config.stateDir} ...`);
  const progress = new StackProgress((text) => output.say(text));
  const enough = new AbortController();
  const looks: Promise<void>[] = [];
  let isAsked = false;
  const look = async (postgresUrl: string, asked: Pick<ReadSweepFile, 'name' | 'specHash'>): Promise<void> => {
    const answer = await isAllDone(postgresUrl, asked);
    if (answer === true) enough.abort();
    // the record of a stack that was killed calls its Postgres ready; the real one is asked when it is
    if (answer === null) isAsked = false;
  };
  const onChange = (record: StackRecord): void => {
    progress.show(record);
    const { postgresUrl } = record;
    if (sweep === null || isAsked || postgresUrl === null || !isPostgresReady(record)) return;
    isAsked = true;
    const asking = look(postgresUrl, sweep);
    // awaited below, when the stack is up
    asking.catch(() => undefined);
    looks.push(asking);
  };
  try {
    const { kind, isConfigChanged } = await up(config, {
      signal: AbortSignal.any([signal, enough.signal]),
      onChange,
    });
    await Promise.all(looks);
    if (kind === 'running') output.say('The local stack is up.');
    if (isConfigChanged) {
      const lsweep = lsweepCommand(process.env);
      output.say(`It runs with an earlier configuration; ${lsweep} down and ${lsweep} up apply the present one.`);
    }
  } catch (error) {
    if (signal.aborted) return 'interrupted';
    if (!enough.signal.aborted) throw error;
  }
  return enough.signal.aborted ? 'all_done' : 'up';
}

function isPostgresReady({ services }: StackRecord): boolean {
  return services.some(({ name, state }) => name === 'postgres' && state === 'ready');
}

/** @returns null when Postgres cannot say: it is away, or has no tables yet */
async function isAllDone(
  postgresUrl: string,
  { name, specHash }: Pick<ReadSweepFile, 'name' | 'specHash'>,
): Promise<boolean | null> {
  const reader = openReader(postgresUrl, { statementsOf: 'ourselves' });
  try {
    const [row] = await readRows(reader, allDoneQuery, [name, specHash]);
    return row?.done === true;
  } catch (error) {
    // only a short cut: whatever is wrong is met on the long way
    if (error instanceof LatentSweepError) return null;
    throw error;
  } finally {
    await reader.close();
  }
}
