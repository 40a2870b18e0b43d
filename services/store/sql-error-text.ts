// An error of a person's query as text that shows where: line, column, the line with a caret, and Postgres's own hint. Pure.

/** The fields of Postgres's error message that help a person. */
export interface SqlErrorParts {
  readonly message: string;
  /** 1-based character of the query, as Postgres gives it. */
  readonly position?: string | undefined;
  readonly hint?: string | undefined;
  readonly detail?: string | undefined;
}

/**
 * Several lines of text: the message with line and column (both from 1), the line with a caret below the place, then
 * detail and hint.
 */
export function sqlErrorText(sql: string, error: SqlErrorParts): string {
  const lines = [error.message];
  const place = error.position === undefined ? null : placeIn(sql, Number(error.position));
  if (place !== null) {
    lines[0] = `${error.message} (line ${place.line}, column ${place.column})`;
    lines.push(`  ${place.text}`, `  ${' '.repeat(place.column - 1)}^`);
  }
  if (error.detail !== undefined) lines.push(`  ${error.detail}`);
  if (error.hint !== undefined) lines.push(`  ${error.hint}`);
  return lines.join('\n');
}

/** Postgres counts characters, not UTF-16 units. */
function placeIn(
  sql: string,
  position: number,
): { readonly line: number; readonly column: number; readonly text: string } | null {
  const characters = [...sql];
  if (!(position >= 1 && position <= characters.length + 1)) return null;
  const before = characters.slice(0, position - 1).join('');
  const line = before.split('\n').length;
  const column = [...(before.split('\n').at(-1) ?? '')].length + 1;
  // tabs would put the caret elsewhere
  return { line, column, text: (sql.split('\n')[line - 1] ?? '').replaceAll('\t', ' ') };
}
