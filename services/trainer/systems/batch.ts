// What one optimizer step, one score or one decoding works on: token ids and places, plain data on the host.

/** One curriculum example, lengths free (the engine pads): question and target have at least one token. */
export interface CurriculumItem {
  readonly question: readonly number[];
  /** 0 <= latents <= EngineConfig.latents; the item uses the first rows of the soft-token table. */
  readonly latents: number;
  readonly target: readonly number[];
  /** Tokens of the steps that latents replace, in order; read by the objective `steps`. Steps without latents of their own do not count. */
  readonly steps?: readonly (readonly number[])[];
}

export type Batch =
  | { readonly kind: 'curriculum'; readonly items: readonly CurriculumItem[] }
  /** tokens [B][S]; sites [B][M] (absent in plain systems); `ahead` = N_A scored targets per site. */
  | {
      readonly kind: 'corpus';
      readonly tokens: readonly (readonly number[])[];
      readonly sites: readonly (readonly number[])[] | null;
      readonly ahead: number;
    };

export interface GenerateItem {
  readonly question: readonly number[];
  readonly latents: number;
}

/**
 * What the latents of one item hand to the Base, [P, N, W] as `Engine.latentLayout` says: keys then values of each exchanged layer, or
 * one part of input rows.
 */
export type ItemLatents = Float32Array;
