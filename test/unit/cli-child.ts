// The real command line as a child process, in a folder of its own and with no LSWEEP_* of the surroundings.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LSWEEP = fileURLToPath(new URL('../../services/cli/lsweep.mjs', import.meta.url));
const LONGEST_MS = 120_000;

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; none = standard input is closed. */
  readonly stdin?: string;
}

export interface CliResult {
  /** null = ended by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly ended: Promise<CliResult>;
  stdout(): string;
  kill(signal: NodeJS.Signals): void;
}

export function startCli(args: readonly string[], { cwd, env = {}, stdin }: CliOptions): CliProcess {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(LSWEEP_|npm_|NODE_|FORCE_COLOR)/.test(name)),
  );
  const child = spawn(process.execPath, [LSWEEP, ...args], {
    cwd,
    env: { ...clean, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  child.stdin.end(stdin ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { ended, stdout: () => stdout, kill: (signal) => child.kill(signal) };
}

export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(args, options).ended;
}

/** What a call with --json printed, taken for a T: a wrong one fails the assertions that follow. */
export function jsonOf<T>(text: string): T {
  return JSON.parse(text) as T;
}
