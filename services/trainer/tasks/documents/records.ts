// Records of a data file, JSON lines or Parquet rows, one by one; each knows the line or row that errors name.

import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { LatentSweepError } from '../../../../workflows/domain/errors.ts';
import { MOST_PIECE_BYTES, splitText, textChunks } from '../../text/index.ts';

export interface FileRecord {
  /** `data.jsonl, line 3` or `data.parquet, row 3`, both from 1. */
  readonly place: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export const isParquet = (path: string): boolean => path.endsWith('.parquet');
export const isJsonLines = (path: string): boolean => /\.jsonl?(\.gz)?$/.test(path);

/** @throws LatentSweepError DATA_MISSING, or DATA_INVALID naming file and line */
export function recordsOf(path: string, columns: readonly string[] | null): AsyncGenerator<FileRecord> {
  return isParquet(path) ? parquetRows(path, columns) : jsonLines(path);
}

/** @throws LatentSweepError DATA_MISSING, or DATA_INVALID naming file and line */
export function linesOf(path: string): AsyncGenerator<string> {
  return splitText(
    textChunks(path),
    '\n',
    (index) =>
      new LatentSweepError(
        'DATA_INVALID',
        `${path}, line ${index + 1} is longer than ${MOST_PIECE_BYTES} bytes: give one record a line`,
        { path, line: index + 1 },
      ),
  );
}

async function* jsonLines(path: string): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const text of linesOf(path)) {
    line++;
    if (text.trim() === '') continue;
    const place = `${path}, line ${line}`;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new LatentSweepError('DATA_INVALID', `${place}: not JSON`, { path, line }, cause);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new LatentSweepError('DATA_INVALID', `${place}: not a JSON object`, { path, line });
    yield { place, value: { ...value } };
  }
}

/** Row group by row group: one of them is in memory at a time. */
async function* parquetRows(path: string, wanted: readonly string[] | null): AsyncGenerator<FileRecord> {
  const file = await readable(path, () => asyncBufferFromFile(path));
  const metadata = await readable(path, () => parquetMetadataAsync(file));
  const [, ...schema] = metadata.schema;
  const missing = wanted?.find((column) => schema.every(({ name }) => name !== column));
  if (missing !== undefined) {
    const columns = schema.map(({ name }) => name).join(', ');
    throw new LatentSweepError('DATA_INVALID', `${path} has no column ${missing}; columns: ${columns}`, {
      path,
      column: missing,
    });
  }
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const columns = wanted === null ? {} : { columns: [...wanted] };
    const rows = await readable(path, () =>
      parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd, ...columns }),
    );
    for (const [index, row] of rows.entries()) yield { place: `${path}, row ${rowStart + index + 1}`, value: row };
    rowStart = rowEnd;
  }
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (isMissing) throw new LatentSweepError('DATA_MISSING', `cannot read the data file ${path}`, { path }, cause);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LatentSweepError('DATA_INVALID', `${path} cannot be read as Parquet: ${why}`, { path }, cause);
  }
}
