// Trainer against PyTorch on the CPU, side by side: both processes stay up and take turns, so that a noisy machine hits both alike.
// One JSON row per case on standard output. Needs a Python with torch: LSWEEP_TEST_PYTHON (default python3).
//
//   npm run bench:trainer [-- CASE ...]
//
// The last case, process-end-to-end, needs no Python: it compares the trainer process with its own optimizer steps.

import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median, openSide } from '../side-process.ts';
import { BENCH_CASES, type BenchCase } from './cases.ts';
import { compareEndToEnd } from './end-to-end.ts';
import { END_TO_END } from './end-to-end-phase.ts';

const THREADS = '2';
const ROUNDS = 7;
const python = process.env['LSWEEP_TEST_PYTHON'] ?? 'python3';
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

async function compare(bench: BenchCase): Promise<void> {
  const ours = await openSide(process.execPath, ['--import', 'tsx', here('./engine-side.ts'), bench.name, THREADS]);
  const torch = await openSide(python, [here('./torch-side.py'), JSON.stringify(bench), THREADS]);
  const seconds = { ours: [] as number[], torch: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    seconds.ours.push(Number(await ours.round()));
    seconds.torch.push(Number(await torch.round()));
  }
  const perSecond = (values: readonly number[]): number => Math.round((bench.tokens * bench.steps) / median(values));
  const row = {
    case: bench.name,
    tokens_per_second: perSecond(seconds.ours),
    torch_tokens_per_second: perSecond(seconds.torch),
    ratio: Number(median(seconds.torch.map((value, i) => value / (seconds.ours[i] ?? Number.NaN))).toFixed(3)),
    step_ms: Math.round((1_000 * median(seconds.ours)) / bench.steps),
    peak_mb: Math.round(ours.peakMb()),
    torch_peak_mb: Math.round(torch.peakMb()),
    memory_ratio: Number((ours.peakMb() / torch.peakMb()).toFixed(3)),
    threads: Number(THREADS),
    rounds: ROUNDS,
    loadavg: loadavg()[0],
  };
  console.log(JSON.stringify(row));
  await Promise.all([ours.close(), torch.close()]);
}

const wanted = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
for (const bench of BENCH_CASES) if (isWanted(bench.name)) await compare(bench);
if (isWanted(END_TO_END)) await compareEndToEnd(Number(THREADS), ROUNDS);
