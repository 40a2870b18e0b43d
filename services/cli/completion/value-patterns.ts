// The options that take a value, as patterns of a `case "$at:$previous"` of bash and zsh. None of the lists is empty: the program itself
// has --config, and a pattern that matches nothing stands where no command has such an option.

import type { CompletionPlace } from './places.ts';
import { quote } from './quote.ts';

export interface ValuePatterns {
  /** Flags of the program, whose next word is no command. */
  readonly skipped: readonly string[];
  readonly path: readonly string[];
  readonly free: readonly string[];
  readonly choices: readonly { readonly pattern: string; readonly words: readonly string[] }[];
}

const NEVER = quote(':');

export function valuePatterns(places: readonly CompletionPlace[]): ValuePatterns {
  const all = places.flatMap(({ command, options }) =>
    options.flatMap(({ flags, value }) => flags.map((flag) => ({ pattern: quote(`${command}:${flag}`), value }))),
  );
  const patternsOf = (kind: 'path' | 'free') => {
    const patterns = all.filter(({ value }) => value === kind).map(({ pattern }) => pattern);
    return patterns.length === 0 ? [NEVER] : patterns;
  };
  return {
    skipped: (places[0]?.options ?? []).filter(({ value }) => value !== null).flatMap(({ flags }) => flags),
    path: patternsOf('path'),
    free: patternsOf('free'),
    choices: all.flatMap(({ pattern, value }) =>
      value === null || typeof value === 'string' ? [] : [{ pattern, words: value }],
    ),
  };
}
