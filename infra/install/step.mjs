// One step of the installation, in words: what it does, how long it usually takes, how long it took. A terminal sees the seconds run;
// a log gets a line at the start, one every half minute, and one at the end. Node built-ins only: node_modules may not exist yet.

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const FRAMES = ['|', '/', '-', '\\'];
const FRAME_MS = 120;
const LOG_EVERY_MS = 30_000;
const TAIL_LINES = 25;

/** @typedef {{ isTTY?: boolean, columns?: number, write: (text: string) => boolean }} Out */

/** Where a terminal does not say. */
const USUAL_COLUMNS = 80;

/**
 * @template T
 * @param {string} what what happens and how long it usually takes
 * @param {() => Promise<T>} work
 * @param {Out} [out]
 * @returns {Promise<T>}
 */
export async function step(what, work, out = process.stderr) {
  const startMs = Date.now();
  const seconds = () => `${Math.round((Date.now() - startMs) / 1000)} s`;
  let frame = 0;
  if (!out.isTTY) out.write(`${what} ...\n`);
  const timer = setInterval(
    () => {
      frame = (frame + 1) % FRAMES.length;
      out.write(
        out.isTTY
          ? `\r\x1b[2K${oneLine(FRAMES[frame], what, seconds(), out)}`
          : `  ... still at it after ${seconds()}\n`,
      );
    },
    out.isTTY ? FRAME_MS : LOG_EVERY_MS,
  );
  try {
    const result = await work();
    out.write(`${out.isTTY ? '\r\x1b[2K' : ''}${out.isTTY ? what : '  done'} (${seconds()})\n`);
    return result;
  } catch (error) {
    out.write(`${out.isTTY ? `\r\x1b[2K${what}: ` : '  '}did not work (${seconds()})\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Shorter than the terminal is wide: a line that wraps is not overwritten by the next, and scrolls.
 *
 * @param {string | undefined} frame
 * @param {string} what
 * @param {string} seconds
 * @param {Out} out
 */
function oneLine(frame, what, seconds, { columns }) {
  const room = (columns ?? USUAL_COLUMNS) - `${frame}  (${seconds})`.length - 1;
  const shown = what.length <= room ? what : `${what.slice(0, Math.max(0, room - 3))}...`;
  return `${frame} ${shown} (${seconds})`;
}

/**
 * Runs a program whose output goes to a log file; only a failure shows the end of it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ log: string, cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} options
 * @returns {Promise<void>}
 */
export function runLogged(command, args, { log, cwd, env, timeoutMs }) {
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, 'w');
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', file, file],
      timeout: timeoutMs,
    });
    closeSync(file);
    child.once('error', (error) => reject(new Error(`${command} could not be started (${error.message})`)));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`${[command, ...args].join(' ')} ended with ${signal ?? code}; the end of ${log}:\n${tail(log)}`),
        );
    });
  });
}

/** @param {string} log */
function tail(log) {
  return readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-TAIL_LINES)
    .map((line) => `    ${line}`)
    .join('\n');
}
