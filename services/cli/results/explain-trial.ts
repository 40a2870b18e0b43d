// Why a trial is where it is: its story in order, then what it waits for.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import { readRows, type StudyReader } from '../../store/index.ts';
import { lsweepCommand } from '../lsweep-command.ts';
import { type OpenPhaseRow, openPhasesQuery } from '../queries/open-phases.ts';
import { type HistoryRow, historyQuery } from '../queries/trial-history.ts';
import { type TrialPlaceRow, trialPlacesQuery } from '../queries/trial-places.ts';
import { left, renderTable } from '../render/table.ts';
import type { Shown } from './shown.ts';

/** States of a cell whose trial goes on. */
const OPEN: ReadonlySet<string> = new Set(['planned', 'waiting', 'running', 'paused']);
/** States of a cell that came to its end: phases that are left will not run. */
const CLOSED: ReadonlySet<string> = new Set(['finished', 'failed', 'stopped_early']);

/**
 * @param name a sweep, or with `cell` null the beginning of a trial key
 * @param cell number of a cell of the sweep, or the beginning of a trial key
 * @throws LatentSweepError NOT_FOUND when no trial or more than one is meant
 */
export async function explainTrial(reader: StudyReader, name: string, cell: string | null): Promise<Shown> {
  const places = await readRows(reader, trialPlacesQuery, [name, cell]);
  // where another sweep has retried the trial, the place in which it is open says what happens now
  const first = places.find(({ state }) => OPEN.has(state)) ?? places[0];
  const keys = [...new Set(places.map((one) => one.trial_key))];
  if (first === undefined || keys.length > 1) throw notOne(name, cell, keys);
  const history = await readRows(reader, historyQuery, [first.trial_key]);
  const open = CLOSED.has(first.state) ? [] : await readRows(reader, openPhasesQuery, [first.sweep, first.cell]);
  const [next] = open;
  const text = [titleText(first.trial_key, places), '', historyTable(history)];
  if (next !== undefined) text.push('', visibleLine(`Now: ${nowText(next, first.state)}`));
  const retry = OPEN.has(first.state) ? null : retryCommand(places.find(({ sweep }) => sweep === name) ?? first);
  if (retry !== null) text.push('', `Again, with the other failed trials of its sweep: ${retry}`);
  return { value: { trial_key: first.trial_key, places, history, open, retry }, text: text.join('\n') };
}

function retryCommand({ sweep, state }: TrialPlaceRow): string | null {
  return state === 'failed' ? visibleLine(`${lsweepCommand(process.env)} retry ${sweep} --failed`) : null;
}

function notOne(name: string, cell: string | null, keys: readonly string[]): LatentSweepError {
  const meant = cell === null ? name : `${name} ${cell}`;
  const sentence =
    keys.length > 1
      ? `${meant} is the beginning of ${keys.length} trial keys: ${keys.slice(0, 5).join(', ')}`
      : `no trial is meant by ${meant}; give a sweep and the number of a cell, or at least 6 digits of a trial key`;
  return new LatentSweepError('NOT_FOUND', sentence, { name, cell });
}

function titleText(key: string, places: readonly TrialPlaceRow[]): string {
  const cells = places.map(({ sweep, cell, state }) => `${sweep} ${cell} (${state})`).join(', ');
  return visibleLine(`trial ${key}: ${cells}`);
}

function historyTable(history: readonly HistoryRow[]): string {
  return renderTable(
    [left('when'), left('phase'), left('what happened, and why')],
    history.map(({ at, kind, text }) => [timeText(at), kind, text]),
  );
}

/** `2026-11-24 18:05:07.123`, UTC: decisions are milliseconds apart. */
function timeText(at: Date): string {
  return at.toISOString().replace('T', ' ').replace('Z', '');
}

function nowText({ kind, state, step, total_steps, node, waits_for }: OpenPhaseRow, cellState: string): string {
  if (state === 'running') return `${kind} runs on ${node ?? '?'}, step ${step} of ${total_steps} is recorded`;
  if (cellState === 'paused') return `the sweep is paused before ${kind}`;
  if (cellState === 'cancelled') return `the sweep was cancelled before ${kind}`;
  return waits_for === null ? `${kind} waits for its turn` : `${kind} ${waits_for}`;
}
