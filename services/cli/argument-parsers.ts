// Numbers of the command line, refused by commander with the option's name.

import { InvalidArgumentError } from 'commander';

/**
 * A parser for commander: a whole number from `least` to 2^53 - 1. @throws InvalidArgumentError, which commander
 * shows with the option
 */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
    return value;
  };
}

/** A finite number above 0. @throws InvalidArgumentError, which commander shows with the option */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}
