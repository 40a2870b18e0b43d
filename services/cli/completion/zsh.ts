// The completion script of zsh: to be sourced after compinit, or put as _lsweep into a folder of $fpath.

import type { CompletionPlace } from './places.ts';
import { quote } from './quote.ts';
import { valuePatterns } from './value-patterns.ts';

export function zshScript(places: readonly CompletionPlace[]): string {
  const { skipped, free, path, choices } = valuePatterns(places);
  const known = places.slice(1).map(({ command }) => quote(command));
  return `#compdef lsweep
# completion of lsweep for zsh; use: source <(lsweep completion zsh)
_lsweep() {
  local at=lsweep files= i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    case "\${words[i]}" in (${skipped.join('|')}) i=$((i + 1)); continue ;; esac
    case "$at \${words[i]}" in
      (${known.join('|')}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at:\${words[CURRENT-1]}" in
    (${path.join('|')}) _files; return ;;
${choices.map(({ pattern, words }) => `    (${pattern}) compadd -- ${words.map(quote).join(' ')}; return ;;`).join('\n')}
    (${free.join('|')}) return ;;
  esac
  case "$at" in
${places.map(branch).join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o option options
  else
    (( \${#commands} == 0 )) || _describe command commands
    [[ -z $files ]] || _files
  fi
}
if [[ "\${funcstack[1]}" == _lsweep ]]; then _lsweep "$@"; else compdef _lsweep lsweep; fi
`;
}

function branch({ command, words, options, takesPath }: CompletionPlace): string {
  const commands = words.map(({ word, description }) => described(word, description));
  const flags = options.flatMap((option) => option.flags.map((flag) => described(flag, option.description)));
  return `    (${quote(command)}) commands=(${commands.join(' ')}) options=(${flags.join(' ')}) files=${takesPath ? 'yes' : ''} ;;`;
}

/** Only the first colon parts the word from what it means. */
function described(word: string, description: string): string {
  return quote(description === '' ? word : `${word}:${description}`);
}
