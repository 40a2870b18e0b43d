// Where latents may be placed in a sequence: one rule for the sweep file's checks, the trainer's draws and its evaluation.

export interface SiteRoom {
  /** S, tokens of the sequence. */
  readonly sequence: number;
  /** N_A, scored targets of a site. */
  readonly ahead: number;
  /** N_L. */
  readonly latents: number;
  /** A plain system reads no latents and no query: only its targets need room. */
  readonly plain: boolean;
  /** Positions of the model. */
  readonly context: number;
}

/**
 * Number of possible sites 0, 1, ...: site p needs p + N_A <= S - 1, and positions up to p + 1 + N_L + N_A - 1 in the context
 * (docs/design/study.md section 3); below 1 when there is no room.
 */
export function siteRoom({ sequence, ahead, latents, plain, context }: SiteRoom): number {
  const inSequence = sequence - ahead;
  return plain ? inSequence : Math.min(inSequence, context - latents - ahead);
}
