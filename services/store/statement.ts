// One query per file: sql/NAME.sql is sent as the prepared statement NAME, parsed once per connection.

import { readFileSync } from 'node:fs';

export interface Statement {
  readonly name: string;
  readonly text: string;
}

export function statement(name: string): Statement {
  return { name, text: readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8') };
}
