// The border of the store: Postgres behind the interfaces of types.ts, migrations, and read-only queries for people.

export { type MigrationReport, migrate } from './migrate.ts';
export { openStore, type Store, type StoreOptions } from './open-store.ts';
export { postgresError } from './postgres-error.ts';
export { openReader, type QueryResult, type Reader, type ReaderOptions, type TypedResult } from './reader.ts';
export { type ReaderRole, readerUrl } from './reader-role.ts';
export { spreadsheetText } from './spreadsheet-text.ts';
export { readSqlFiles } from './sql-files.ts';
export { float8, readRows, type StudyQuery, type StudyReader, sql, sqlLiteral } from './study-query.ts';
export type * from './types.ts';
