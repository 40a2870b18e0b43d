// The completion script of fish: to be sourced, or put as lsweep.fish into its folder of completions.

import type { CompletionOption, CompletionPlace } from './places.ts';

export function fishScript(places: readonly CompletionPlace[]): string {
  const skipped = (places[0]?.options ?? []).filter(({ value }) => value !== null).flatMap(({ flags }) => flags);
  return `# completion of lsweep for fish; use: lsweep completion fish | source
function __lsweep_at
  set -l at lsweep
  set -l skip no
  for word in (commandline -opc)[2..-1]
    if test $skip = yes
      set skip no
    else if contains -- $word ${skipped.join(' ')}
      set skip yes
    else if contains -- "$at $word" ${places
      .slice(1)
      .map(({ command }) => quote(command))
      .join(' ')}
      set at "$at $word"
    end
  end
  test "$at" = "$argv"
end
complete -c lsweep -f
${places.flatMap(lines).join('\n')}
`;
}

function lines({ command, words, options, takesPath }: CompletionPlace): readonly string[] {
  const complete = `complete -c lsweep -n ${quote(`__lsweep_at ${command}`)}`;
  return [
    ...words.map(({ word, description }) => `${complete} -a ${quote(word)} -d ${quote(description)}`),
    ...options.map((option) => `${complete} ${flagsOf(option)}${valueOf(option)} -d ${quote(option.description)}`),
    ...(takesPath ? [`${complete} -F`] : []),
  ];
}

function flagsOf({ flags }: CompletionOption): string {
  return flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
}

function valueOf({ value }: CompletionOption): string {
  if (value === null) return '';
  if (value === 'path') return ' -r -F';
  return value === 'free' ? ' -x' : ` -x -a ${quote(value.join(' '))}`;
}

/** In single quotes fish takes \\ and \' for what they stand for. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
