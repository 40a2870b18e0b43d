// The completion script of bash: needs no bash-completion package. Where nothing is known it offers nothing.

import type { CompletionPlace } from './places.ts';
import { quote } from './quote.ts';
import { valuePatterns } from './value-patterns.ts';

export function bashScript(places: readonly CompletionPlace[]): string {
  const { skipped, free, path, choices } = valuePatterns(places);
  const known = places.slice(1).map(({ command }) => quote(command));
  return `# completion of lsweep for bash; use: source <(lsweep completion bash)
_lsweep() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local at=lsweep words= options= files= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in ${skipped.join('|')}) i=$((i + 1)); continue ;; esac
    case "$at \${COMP_WORDS[i]}" in
      ${known.join('|')}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at:$previous" in
    ${path.join('|')}) compopt -o default 2>/dev/null; return ;;
${choices.map(({ pattern, words }) => `    ${pattern}) COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$current")); return ;;`).join('\n')}
    ${free.join('|')}) return ;;
  esac
  case "$at" in
${places.map(branch).join('\n')}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    [[ -z $files ]] || compopt -o default 2>/dev/null
  fi
  return 0
}
complete -F _lsweep lsweep
`;
}

function branch({ command, words, options, takesPath }: CompletionPlace): string {
  const parts = [
    `words=${quote(words.map(({ word }) => word).join(' '))}`,
    `options=${quote(options.flatMap(({ flags }) => flags).join(' '))}`,
    `files=${takesPath ? 'yes' : ''}`,
  ];
  return `    ${quote(command)}) ${parts.join(' ')} ;;`;
}
