// Branded identities, made in one file (docs/design/style.md section 2). Keys are content hashes: 32 hex digits (128 bits) of the SHA-256 of the
// canonical JSON (RFC 8785) of everything that determines a result; see identity.ts.

export type TrialKey = string & { readonly __brand: 'TrialKey' };
export type PhaseKey = string & { readonly __brand: 'PhaseKey' };
/** The sweep's name: lower-case letters, digits, dashes; also its Temporal workflow id behind `sweep/`. */
export type SweepName = string & { readonly __brand: 'SweepName' };

/** A SHA-256 as hex digits. */
export const SHA256_HEX = /^[0-9a-f]{64}$/;

const KEY = /^[0-9a-f]{32}$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const isKey = (text: string): boolean => KEY.test(text);
export const isSweepName = (text: string): text is SweepName => NAME.test(text);

export const asTrialKey = (hex: string): TrialKey => {
  if (!KEY.test(hex)) throw new RangeError(`not a trial key: ${hex}`);
  return hex as TrialKey;
};
export const asPhaseKey = (hex: string): PhaseKey => {
  if (!KEY.test(hex)) throw new RangeError(`not a phase key: ${hex}`);
  return hex as PhaseKey;
};
