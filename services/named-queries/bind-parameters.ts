// Puts values into SQL where `:name` stands, as literals, so that what is printed for people is what was run. What only looks like a parameter is
// left alone: casts (::), strings, quoted names, comments, dollar quotes.

/** A statement with its values in place. */
export interface BoundQuery {
  readonly sql: string;
  /** Parameters of the text that had no value, each once, in the order of the text; the statement cannot be run then. */
  readonly missing: readonly string[];
  /** Parameters that the text has, each once. */
  readonly used: readonly string[];
}

const STRING = String.raw`\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'`;
const NAME = '"(?:[^"]|"")*"';
const COMMENT = String.raw`--[^\n]*|\/\*[\s\S]*?\*\/`;
const DOLLAR_QUOTES = String.raw`\$([A-Za-z_]*)\$[\s\S]*?\$\1\$`;
/** A colon behind a name, a number or a bracket is that of an array's slice. */
const PARAMETER = String.raw`(?<![A-Za-z0-9_\])]):([A-Za-z_][A-Za-z0-9_]*)`;
const TOKEN = new RegExp([STRING, NAME, COMMENT, DOLLAR_QUOTES, '::', PARAMETER].join('|'), 'g');

/** @param literals SQL text of each value by the parameter's name */
export function bindParameters(sql: string, literals: ReadonlyMap<string, string>): BoundQuery {
  const used = new Set<string>();
  const bound = sql.replace(TOKEN, (token: string, _dollar: unknown, name: string | undefined) => {
    if (name === undefined) return token;
    used.add(name);
    return literals.get(name) ?? token;
  });
  return { sql: bound, used: [...used], missing: [...used].filter((name) => !literals.has(name)) };
}
