// What may follow on a command line, read off the commander program itself: no shell's script repeats a command or an option by hand.

import type { Command, Option } from 'commander';

/** What stands behind an option: a path, one of few words, something free; null = nothing. */
export type OptionValue = 'path' | 'free' | readonly string[] | null;

export interface CompletionOption {
  /** `--limit`, `-n`; the long one last. */
  readonly flags: readonly string[];
  readonly value: OptionValue;
  readonly description: string;
}

export interface CompletionWord {
  readonly word: string;
  readonly description: string;
}

/** One command, with what may stand behind it. */
export interface CompletionPlace {
  /** `lsweep`, `lsweep plan`, `lsweep trainer plan` */
  readonly command: string;
  /** Commands below, or the values that its first argument allows. */
  readonly words: readonly CompletionWord[];
  readonly options: readonly CompletionOption[];
  readonly takesPath: boolean;
}

/** What arguments and option values are called that are paths. */
const PATHS: ReadonlySet<string> = new Set(['file', 'dir', 'folder', 'in', 'out', 'path']);

/** @returns the program first, then every command, each before those below it */
export function completionPlaces(program: Command): readonly CompletionPlace[] {
  return placesBelow(program, program.name(), optionsOf(program));
}

function placesBelow(command: Command, name: string, global: readonly CompletionOption[]): readonly CompletionPlace[] {
  const commands = command.createHelp().visibleCommands(command);
  const below = commands.map((sub): CompletionWord => ({ word: sub.name(), description: sub.description() }));
  const choices = (command.registeredArguments[0]?.argChoices ?? []).map((word) => ({ word, description: '' }));
  const own = optionsOf(command);
  const flags = new Set(own.flatMap((option) => option.flags));
  const place = {
    command: name,
    words: [...below, ...choices],
    options: [...own, ...global.filter((option) => !option.flags.some((flag) => flags.has(flag)))],
    takesPath: command.registeredArguments.some((argument) => PATHS.has(argument.name())),
  };
  // the version is asked of the program alone
  const inherited = global.filter((option) => !option.flags.includes('--version'));
  return [place, ...commands.flatMap((sub) => placesBelow(sub, `${name} ${sub.name()}`, inherited))];
}

function optionsOf(command: Command): readonly CompletionOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      value: valueOf(option),
      description: option.description,
    }));
}

function valueOf(option: Option): OptionValue {
  if (!option.required) return null;
  if (option.argChoices !== undefined) return option.argChoices;
  return PATHS.has(/<(.+)>/.exec(option.flags)?.[1] ?? '') ? 'path' : 'free';
}
