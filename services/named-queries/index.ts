// Questions that people ask of every sweep, as SQL with parameters: read from infra/queries and turned into statements. Runs nothing.

export type { NamedQuery, QueryParameter } from './named-query.ts';
export { findNamedQuery, flagOf, namedStatement, ownStatement, readNamedQueries } from './read-named-queries.ts';
