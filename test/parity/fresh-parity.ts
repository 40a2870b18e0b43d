// `npm run test:parity`: fresh probes from a new seed, made by the PyTorch reference, through the engine. Sets up a Python environment in
// .cache/parity on its first run (several GB), or uses the interpreter of LSWEEP_TEST_PYTHON.
// Usage: fresh-parity.ts [SEED] [RANDOM]; RANDOM probes with everything drawn (100) on top of the covering set.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProbe } from '../../services/trainer/probe/index.ts';
import { type Deviation, judge, measureProbe, OWN_LIMITS } from './compare-probe.ts';
import { runExtended } from './run-extended.ts';

const ROOT = join(import.meta.dirname, '../..');
const REFERENCE = join(import.meta.dirname, 'pytorch');
const REQUIREMENTS = join(REFERENCE, 'requirements.txt');

const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 1e6));
const random = Number(process.argv[3] ?? 100);
if (!(Number.isInteger(seed) && seed >= 0 && Number.isInteger(random) && random >= 1)) {
  throw new Error('usage: fresh-parity.ts [SEED] [RANDOM], integers');
}
const made = mkdtempSync(join(tmpdir(), 'lsweep-parity-'));
try {
  const interpreter = python();
  process.stdout.write(`seed ${seed}\n`);
  const make = [join(REFERENCE, 'make_probes.py'), made, '--seed', String(seed)];
  run(interpreter, ['-B', ...make]);
  run(interpreter, ['-B', ...make, '--random', String(random)]);
  const failed = ['probes', 'extended'].map(compareAll).reduce((a, b) => a + b);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(made, { recursive: true });
}

function python(): string {
  const given = process.env['LSWEEP_TEST_PYTHON'];
  if (given !== undefined && given !== '') return given;
  const folder = join(ROOT, '.cache/parity');
  const own = join(folder, 'bin/python');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (!existsSync(own)) run('python3', ['-m', 'venv', folder]);
  process.stdout.write(`${folder}: ${wanted.trim().split('\n').join(', ')}\n`);
  run(own, ['-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS]);
  return own;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/** Prints the worst error of every measure. @returns how many probes are beyond a limit */
function compareAll(kind: string): number {
  const folder = join(made, kind);
  const worst = new Map<string, Deviation & { readonly probe: string }>();
  let failed = 0;
  for (const probe of readdirSync(folder)) {
    const out = mkdtempSync(join(tmpdir(), 'lsweep-parity-out-'));
    try {
      (kind === 'extended' ? runExtended : runProbe)(join(folder, probe), out);
      const deviations = measureProbe(join(folder, probe), out);
      for (const [measure, deviation] of Object.entries(deviations)) {
        if (!(deviation.error <= (worst.get(measure)?.error ?? 0))) worst.set(measure, { ...deviation, probe });
      }
      judge(deviations, OWN_LIMITS);
    } catch (error) {
      failed++;
      process.stdout.write(`FAILED ${kind}/${probe}: ${error instanceof Error ? error.message : String(error)}\n`);
    } finally {
      rmSync(out, { recursive: true });
    }
  }
  process.stdout.write(`${kind}: ${readdirSync(folder).length} compared, ${failed} failed; worst:\n`);
  for (const [measure, { error, where, probe }] of worst) {
    process.stdout.write(`  ${measure.padEnd(9)} ${error.toExponential(1)}  ${where} of ${probe}\n`);
  }
  return failed;
}
