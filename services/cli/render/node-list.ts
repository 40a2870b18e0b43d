// The fleet as a table. Pure.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import type { NodeRow } from '../queries/nodes.ts';
import { formatBytes, formatSeconds } from './quantities.ts';
import { left, renderTable, right, spare } from './table.ts';

const COLUMNS = [
  ...[left('node'), left('state'), right('slots'), right('busy'), left('devices'), spare(right('memory of a slot'))],
  left('last'),
];

/** Events whose name would be read as the node's own doing. */
const EVENT_WORDS: Readonly<Record<string, string>> = {
  refused: 'namesake refused',
  event_refused: 'an event refused',
};

/** A table, then a sentence for each node in quarantine. @param nowMs epoch ms; @param width of the terminal */
export function nodeListText(rows: readonly NodeRow[], nowMs: number, width: number | null = null): string {
  if (rows.length === 0) return 'no node has ever registered';
  const table = renderTable(
    COLUMNS,
    rows.map((row) => [
      row.node,
      stateOf(row),
      row.slots,
      row.busy,
      [...new Set(row.places.map((one) => one.device))].join(', '),
      memoryText(row),
      row.last_event === null || row.last_event_at === null
        ? '-'
        : `${EVENT_WORDS[row.last_event] ?? row.last_event} ${formatSeconds((nowMs - row.last_event_at.getTime()) / 1_000)} ago`,
    ]),
    width,
  );
  return [table, ...quarantineLines(rows, nowMs)].join('\n');
}

function stateOf({ connected, quarantined }: NodeRow): string {
  if (!connected) return 'not connected';
  return quarantined ? 'in quarantine' : 'trusted';
}

function memoryText({ places }: NodeRow): string {
  const least = Math.min(...places.map((one) => one.memory_bytes));
  return places.length === 0 || least === 0 ? '-' : formatBytes(least);
}

/** A sentence for each node in quarantine: why, and when it may try itself. */
export function quarantineLines(rows: readonly NodeRow[], nowMs: number): readonly string[] {
  return rows.filter((row) => row.quarantined).map((row) => quarantineText(row, nowMs));
}

function quarantineText({ node, quarantine_reason: reason, canary_at: at }: NodeRow, nowMs: number): string {
  const seconds = at === null ? 0 : (at.getTime() - nowMs) / 1_000;
  const canary = seconds > 0 ? `in ${formatSeconds(seconds)}` : 'with the next phase';
  return visibleLine(`${node} is in quarantine: ${reason ?? ''}; it may try itself ${canary}`);
}
