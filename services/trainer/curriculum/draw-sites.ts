// Where the latents of a sequence stand: M sites, uniform and without replacement (docs/design/study.md section 3, point 3), pure in their key.

import { type Draws, permutation } from '../random/draws.ts';

/**
 * @param positions of the sequence that leave room for the scored tokens; drawn from the same ones for every system, so that with one key
 * systems of different latent budgets score the same targets wherever the context has room for all of them
 * @param room of them, the first that the system can use (services/study/systems/site-room.ts)
 * @returns at most `count` sites, ascending
 */
export function drawSites(source: Draws, positions: number, room: number, count: number): readonly number[] {
  return [
    ...permutation(positions, source)
      .filter((site) => site < room)
      .subarray(0, count),
  ].sort((a, b) => a - b);
}
