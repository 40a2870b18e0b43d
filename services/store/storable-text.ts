// Postgres stores no null character, neither in text nor in jsonb; a model that speaks bytes may well produce one. It is kept visible
// as U+2400 instead of failing the commit for ever.

const SYMBOL_FOR_NULL = '\u2400';

/** The text with U+2400 in place of each null character; everything else stays as it is. */
export function storableText(text: string): string {
  return text.replaceAll('\0', SYMBOL_FOR_NULL);
}

/** JSON for a jsonb parameter. */
export function storableJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? storableText(inner) : inner)) ?? 'null'
  );
}
