// What users, scripts and older nodes rely on, as the code has it now. The files beside this one hold it as of the last release;
// docs/stability.md says what each promise is.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sweepJsonSchema } from '../../infra/schema/sweep-schema.ts';
import { EXIT, exitCodeOf } from '../../services/edge/index.ts';
import { contentHash, planSweepFile } from '../../services/study/plan/index.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { ERRORS, type ErrorCode } from '../../workflows/domain/errors.ts';
import { WORDS_ONLY } from './schema-narrowing.ts';

/** Names and numbers of exit codes. */
export const exitCodes = (): Readonly<Record<string, number>> => EXIT;

export interface PromisedError {
  readonly exit: number;
  readonly failure: string;
  readonly grpcStatus: string;
}

export function errorCodes(): Readonly<Record<string, PromisedError>> {
  const promised = (Object.keys(ERRORS) as ErrorCode[]).sort().map((code) => {
    const { failure, grpcStatus } = ERRORS[code];
    return [code, { exit: exitCodeOf(code), failure, grpcStatus }] as const;
  });
  return Object.fromEntries(promised);
}

/** The schema of sweep files without what only people read. */
export const sweepFormat = (): unknown => withoutWords(sweepJsonSchema());

/** Keys of `properties` are names, whatever they are called. */
function withoutWords(node: unknown, isNames = false): unknown {
  if (Array.isArray(node)) return node.map((part) => withoutWords(part));
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => isNames || key === '$defs' || !WORDS_ONLY.has(key));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === 'default' ? value : withoutWords(value, key === 'properties' || key === '$defs'),
    ]),
  );
}

/** For each sweep file of the repository that needs nothing else: a hash of the keys of its cells, in the order of its grid. */
export function trialKeys(): Readonly<Record<string, string>> {
  const folder = new URL('../../infra/sweeps/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const keys = names.sort().flatMap((name) => {
    let isWhole = true;
    const { spec } = readSweepFile(fileURLToPath(new URL(name, folder)), () => (isWhole = false));
    if (!isWhole) return [];
    const planned = planSweepFile(spec);
    return [[name, contentHash(Array.from({ length: planned.size }, (_, i) => planned.cell(i).trial.key))] as const];
  });
  return Object.fromEntries(keys);
}
