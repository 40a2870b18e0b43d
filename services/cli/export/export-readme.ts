// What an export says of itself: of which sweep, read when, and what each column is. Pure.

import type { SweepCountsRow } from '../queries/sweeps.ts';
import type { ColumnRow } from '../queries/views.ts';

export interface ExportedTable {
  readonly file: string;
  readonly rows: number;
  /** What a row is. */
  readonly comment: string;
  readonly columns: readonly ColumnRow[];
}

export interface ExportFacts {
  readonly sweep: SweepCountsRow;
  readonly tables: readonly ExportedTable[];
  readonly readAt: Date;
  /** Of latent-sweep. */
  readonly version: string;
}

const STATES = ['finished', 'failed', 'stopped_early', 'cancelled', 'running', 'waiting', 'paused', 'planned'] as const;

/** Markdown. */
export function exportReadme({ sweep, tables, readAt, version }: ExportFacts): string {
  const counts = STATES.filter((state) => sweep[state] > 0).map(
    (state) => `${sweep[state]} ${state.replace('_', ' ')}`,
  );
  const isOpen = sweep.state !== 'finished' && sweep.state !== 'cancelled';
  return `# Sweep ${sweep.sweep}

${sweep.state}; ${sweep.cells} cells: ${counts.join(', ') || 'none yet'}. Revision ${sweep.revision}, started ${sweep.created_at.toISOString()}.
Read ${readAt.toISOString()} by latent-sweep ${version}.${isOpen ? ' **The sweep was open**: files are read one after the other, so that a later one may know more.' : ''}

| file | rows | a row is |
| --- | --- | --- |
${tables.map(({ file, rows, comment }) => `| \`${file}\` | ${rows} | ${cell(comment)} |`).join('\n')}

\`cell\` and \`trial_key\` join the files. Accuracies are shares of 1, losses nats, times UTC; lists and documents (\`point\`) are JSON text.

\`\`\`python
import polars as pl
cells = pl.read_parquet("cells.parquet").filter(pl.col("state") == "finished")
print(cells.group_by("system", "latents").agg(pl.col("accuracy").mean(), pl.len()).sort("system", "latents"))
\`\`\`

\`\`\`sql
-- duckdb
select system, latents, avg(accuracy), count(*) from 'cells.parquet' where state = 'finished' group by all order by all;
\`\`\`

${tables.map(tableText).join('\n\n')}
`;
}

function tableText({ file, columns }: ExportedTable): string {
  const rows = columns.map(({ column, type, comment }) => `| \`${column}\` | ${type} | ${cell(comment)} |`);
  return `## ${file}\n\n| column | type in Postgres | meaning |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
