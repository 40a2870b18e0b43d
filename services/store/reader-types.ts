// How values reach a person: numbers as numbers, moments as Date, what has no good JavaScript type as Postgres prints it.

import pg from 'pg';

const OID = {
  bytea: 17,
  int8: 20,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  numeric: 1700,
} as const;

type Parser = (text: string) => unknown;

const asText: Parser = (text) => text;
/** Beyond 2^53 the digits matter more than the type. */
const asInteger: Parser = (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);

const asMoment = pg.types.getTypeParser(OID.timestamptz) as Parser;
/** Postgres counts on to the year 294276, Date only to 275760. */
const asMomentOrText: Parser = (text) => {
  const moment = asMoment(text);
  return moment instanceof Date && Number.isNaN(moment.getTime()) ? text : moment;
};

const PARSERS = new Map<number, Parser>([
  [OID.bytea, asText],
  [OID.timestamptz, asMomentOrText],
  [OID.int8, asInteger],
  [OID.numeric, Number],
  [OID.date, asText],
  [OID.timestamp, asText],
  [OID.interval, asText],
]);

/** Parsers for the driver: int8 beyond 2^53, dates, intervals and bytes stay text as Postgres prints them. */
export const readerTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    PARSERS.get(oid) ?? (pg.types.getTypeParser(oid, format) as Parser),
};
