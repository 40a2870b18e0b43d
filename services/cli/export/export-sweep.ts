// A sweep out of the system: one Parquet file for each of its tables, and a page that tells what stands in them.

import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type Reader, readRows, sql } from '../../store/index.ts';
import { sweepsQuery } from '../queries/sweeps.ts';
import { columnsQuery, viewsQuery } from '../queries/views.ts';
import { ROWS_PER_GROUP, writeParquet } from '../render/parquet-file.ts';
import { type ExportedTable, exportReadme } from './export-readme.ts';

export interface SweepExport {
  readonly sweep: string;
  readonly folder: string;
  readonly files: readonly { readonly file: string; readonly rows: number }[];
}

export interface ExportOptions {
  readonly sweep: string;
  readonly folder: string;
  /** Writes beside files of others too. */
  readonly force: boolean;
  readonly version: string;
  /** Called before each file. */
  readonly onFile: (file: string) => void;
}

/** A view of schema study with the order of its rows; the file has its name. */
const TABLES: readonly { readonly view: string; readonly order: string }[] = [
  { view: 'cells', order: 'cell' },
  { view: 'phases', order: 'cell, position' },
  { view: 'items', order: 'cell, split, item' },
  { view: 'curves', order: 'cell, phase_key, metric, step' },
];
const README = 'README.md';
const fileOf = (view: string): string => `${view}.parquet`;

/**
 * Each file is put in its place when it is whole, so that an export that was interrupted may be run again.
 * @throws LatentSweepError INPUT_INVALID for an unknown sweep, CONFLICT for a folder with other things in it, FILE_UNUSABLE, STORE_UNREACHABLE
 */
export async function exportSweep(reader: Reader, options: ExportOptions): Promise<SweepExport> {
  const { sweep, folder, force, version, onFile } = options;
  const [row] = await readRows(reader, sweepsQuery, [sweep]);
  if (row === undefined)
    throw new LatentSweepError('INPUT_INVALID', `there is no sweep ${JSON.stringify(sweep)}; lsweep ls lists them`, {
      key: 'sweep',
      sweep,
    });
  await prepareFolder(folder, force);
  const readAt = new Date();
  const comments = new Map((await readRows(reader, viewsQuery, [])).map(({ view, comment }) => [view, comment]));
  const tables: ExportedTable[] = [];
  for (const { view, order } of TABLES) {
    onFile(fileOf(view));
    const statement = `${sql`select * from study.`}${view} ${sql`where sweep = ${sweep}`} order by ${order}`;
    const rows = await writeParquet(join(folder, fileOf(view)), reader.batches(statement, ROWS_PER_GROUP));
    const columns = await readRows(reader, columnsQuery, [view]);
    tables.push({ file: fileOf(view), rows, comment: comments.get(view) ?? '', columns });
  }
  const text = exportReadme({ sweep: row, tables, readAt, version });
  const partial = join(folder, `${README}.${process.pid}.partial`);
  await writeFile(partial, text);
  await rename(partial, join(folder, README));
  return { sweep, folder, files: tables.map(({ file, rows }) => ({ file, rows })) };
}

async function prepareFolder(folder: string, force: boolean): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new LatentSweepError('FILE_UNUSABLE', `${folder} cannot be made (${words})`, { path: folder }, error);
  }
  const own = new Set([README, ...TABLES.map(({ view }) => fileOf(view))]);
  const other = (await readdir(folder)).find((name) => !own.has(name) && !name.endsWith('.partial'));
  if (other !== undefined && !force)
    throw new LatentSweepError(
      'CONFLICT',
      `${folder} holds ${JSON.stringify(other)}, which no export writes; name another folder, or --force to write beside it`,
      { path: folder },
    );
}
