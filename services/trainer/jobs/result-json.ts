// A phase's result as the JSON text that travels to the store. JSON has no NaN and no infinities, so they are written as strings, which the
// store reads back; without this they would turn into null.

import type { PhaseResult } from './protocol.ts';

export function phaseResultJson(result: PhaseResult): string {
  return JSON.stringify(result, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}
