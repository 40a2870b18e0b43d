// `npm test`: every check of the project, named and timed. The static ones run side by side and print when they end; the tests come last
// and live, so that a run closes with the test runner's own lines. `npm test -- lint types` runs only the named steps.

import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineSize } from './machine-size.mjs';
import { STATIC_STEPS, TEST_STEP_NAMES, testSteps } from './steps.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };

/** @typedef {{ name: string, seconds: number, isPassed: boolean }} Outcome */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let isEnding = false;
// Ctrl-C reaches them too; a SIGTERM to this process alone would leave them, and the servers of a test run, behind
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => {
    isEnding = true;
    for (const child of running) child.kill('SIGTERM');
  });
}

const names = [...STATIC_STEPS.map((step) => step.name), ...TEST_STEP_NAMES];
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`${unknown} is no step; steps: ${names.join(', ')}\n`);
  process.exit(2);
}
const isAsked = (/** @type {string} */ name) => asked.length === 0 || asked.includes(name);

const waiting = STATIC_STEPS.filter((step) => isAsked(step.name));
/** @type {Outcome[]} */
const outcomes = [];
await Promise.all(
  Array.from({ length: Math.min(machineSize().cores, 4) }, async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      outcomes.push(await run(step, 'when it ends'));
    }
  }),
);
const failed = outcomes.filter((outcome) => !outcome.isPassed).map((outcome) => outcome.name);
if (outcomes.length > 0)
  process.stdout.write(`static checks: ${failed.length === 0 ? 'all passed' : `FAILED: ${failed.join(', ')}`}\n\n`);
for (const step of await testSteps(root)) {
  if (!isAsked(step.name)) continue;
  process.stdout.write(`== ${step.name}: ${step.note}\n`);
  const outcome = await run(step, 'live');
  if (!outcome.isPassed) failed.push(step.name);
}
process.exitCode = failed.length === 0 ? 0 : 1;

/**
 * @param {import('./steps.mjs').Step} step
 * @param {'live' | 'when it ends'} output
 * @returns {Promise<Outcome>}
 */
async function run({ name, commands, environment = {} }, output) {
  const startMs = Date.now();
  let text = '';
  let isPassed = true;
  for (const [command = '', ...args] of commands) {
    const result = await execute(
      command,
      args,
      { ...env, ...(output === 'live' ? {} : { NO_COLOR: '1' }), ...environment },
      output,
    );
    text += result.text;
    isPassed = result.code === 0;
    if (!isPassed) break;
  }
  const seconds = (Date.now() - startMs) / 1000;
  if (output === 'when it ends') {
    process.stdout.write(
      `== ${name}: ${isPassed ? 'ok' : 'FAILED'} (${seconds.toFixed(1)} s)\n${isPassed ? '' : `${text.trimEnd()}\n`}`,
    );
  }
  return { name, seconds, isPassed };
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @param {'live' | 'when it ends'} output
 * @returns {Promise<{ code: number, text: string }>}
 */
function execute(command, args, environment, output) {
  return new Promise((resolve, reject) => {
    if (isEnding) {
      resolve({ code: 1, text: 'not started: the checks were ended by a signal\n' });
      return;
    }
    const child = spawn(command, args, {
      cwd: root,
      env: environment,
      stdio: ['ignore', output === 'live' ? 'inherit' : 'pipe', output === 'live' ? 'inherit' : 'pipe'],
    });
    running.add(child);
    let text = '';
    child.stdout?.on('data', (chunk) => (text += chunk));
    child.stderr?.on('data', (chunk) => (text += chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, text });
    });
  });
}
