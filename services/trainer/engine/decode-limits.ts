// How many items are decoded at once; plans of memory assume the same.

/** Items decoded at once: more share a step's fixed cost, fewer waste less on items that end early. */
export const GENERATE_ITEMS = 32;
/** Attention scores of one layer of a prefill, in floats (256 MB): long questions are decoded in smaller groups. */
export const PREFILL_SCORES = 1 << 26;
