// How values reach a person: numbers as numbers, moments as Date, what has no good JavaScript type as Postgres prints it.

import pg from 'pg';

const OID = { int8: 20, date: 1082, timestamp: 1114, interval: 1186, numeric: 1700 } as const;

type Parser = (text: string) => unknown;

const asText: Parser = (text) => text;
/** Beyond 2^53 the digits matter more than the type. */
const asInteger: Parser = (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);

const PARSERS = new Map<number, Parser>([
  [OID.int8, asInteger],
  [OID.numeric, Number],
  [OID.date, asText],
  [OID.timestamp, asText],
  [OID.interval, asText],
]);

export const readerTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    PARSERS.get(oid) ?? (pg.types.getTypeParser(oid, format) as Parser),
};
