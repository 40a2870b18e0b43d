// A figure of a report: its chart, the numbers that it draws, and the SQL that they come from.

import type { TopLevelSpec } from 'vega-lite';

export type FigureValue = string | number | null;
export type FigureRow = Readonly<Record<string, FigureValue>>;

export interface Figure {
  /** File name without extension. */
  readonly name: string;
  readonly title: string;
  /** How to read it, one or two sentences. */
  readonly caption: string;
  readonly spec: TopLevelSpec;
  /** What is drawn, one row per mark; the same columns in every row. */
  readonly rows: readonly FigureRow[];
  readonly sql: string;
}

/** Panel of a figure: what its marks have in common beside the series. */
export function panelName(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(', ');
}

/** Series of a figure: the system, and its channel where the figure has it with several. */
export function seriesNames<Row extends { readonly system: string; readonly channel: string | null }>(
  rows: readonly Row[],
): (row: Row) => string {
  const channels = new Map<string, Set<string | null>>();
  for (const { system, channel } of rows) channels.set(system, (channels.get(system) ?? new Set()).add(channel));
  return ({ system, channel }) =>
    (channels.get(system)?.size ?? 0) > 1 && channel !== null ? `${system} ${channel}` : system;
}
