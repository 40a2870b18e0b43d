// Where a command's words go: results on stdout; with --json one JSON value there and everything else on stderr as plain lines.
// Names, messages and logs of others pass through visibleText here, so that no terminal takes them for commands.

import { visibleText } from '../../workflows/domain/visible-text.ts';

/** Where results and remarks of one command go. */
export interface Output {
  readonly json: boolean;
  readonly color: boolean;
  /** The command's result: `value` with --json, else the text. Once per command. */
  result(value: unknown, text: string): void;
  /** What happens meanwhile, and hints; not part of the result. */
  say(text: string): void;
}

/** The two streams of a process; tests give their own. */
export interface OutputStreams {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown };
}

/** Colours only where stdout is a terminal. With `json` only the result reaches stdout. */
export function openOutput(
  options: { readonly json: boolean; readonly color: boolean },
  streams: OutputStreams = process,
): Output {
  const { json } = options;
  const { stdout, stderr } = streams;
  return {
    json,
    color: options.color && stdout.isTTY === true,
    result: (value, text) =>
      stdout.write(visibleText(json ? `${JSON.stringify(value, null, 2)}\n` : text === '' ? '' : `${text}\n`)),
    say: (text) => (json ? stderr : stdout).write(visibleText(`${text}\n`)),
  };
}
