// Numbers that an engine holds, by whether it trains them.

import type { EngineConfig } from '../engine/types.ts';
import { systemParameters } from '../systems/index.ts';

export function countParameters(engine: EngineConfig): { readonly trained: number; readonly frozen: number } {
  const count = (wanted: boolean): number =>
    systemParameters(engine)
      .filter(({ trained }) => trained === wanted)
      .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return { trained: count(true), frozen: count(false) };
}
