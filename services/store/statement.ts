// One query per file: sql/NAME.sql is sent as the prepared statement NAME, parsed once per connection.

import { readFileSync } from 'node:fs';

/** A prepared statement; equal names must have equal texts on one connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Reads `sql/NAME.sql` beside this file, once, when the module is loaded; throws ENOENT when there is none. */
export function statement(name: string): Statement {
  return { name, text: readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8') };
}
