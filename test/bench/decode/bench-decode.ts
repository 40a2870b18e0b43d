// Greedy decoding against transformers' generate with cache, on the same CPU and weights, side by side. One JSON row per case on standard
// output. Needs a Python with torch and transformers: LSWEEP_TEST_PYTHON (default python3).
//
//   npm run bench:decode [-- CASE ...]

import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { median, openSide, type Side } from '../side-process.ts';
import { DECODE_CASES, type DecodeCase } from './cases.ts';

const THREADS = '2';
const ROUNDS = 7;
const python = process.env['LSWEEP_TEST_PYTHON'] ?? 'python3';
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const roundSchema = z.object({ seconds: z.number(), digests: z.array(z.string()) });
const roundOf = async (side: Side) => roundSchema.parse(JSON.parse(await side.round()));

async function compare({ name, prompts, newTokens }: DecodeCase, folder: string): Promise<void> {
  const weights = join(folder, name);
  const ours = await openSide(process.execPath, ['--import', 'tsx', here('./engine-side.ts'), name, THREADS, weights]);
  const given = JSON.stringify({ folder: join(weights, 'base'), prompts, newTokens });
  const theirs = await openSide(python, [here('./transformers_side.py'), given, THREADS]);
  const seconds = { ours: [] as number[], theirs: [] as number[] };
  let equal = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const [one, other] = [await roundOf(ours), await roundOf(theirs)];
    seconds.ours.push(one.seconds);
    seconds.theirs.push(other.seconds);
    equal = one.digests.filter((digest, index) => digest === other.digests[index]).length;
  }
  const perSecond = (values: readonly number[]): number => Math.round((prompts.length * newTokens) / median(values));
  const row = {
    case: name,
    tokens_per_second: perSecond(seconds.ours),
    transformers_tokens_per_second: perSecond(seconds.theirs),
    ratio: Number(median(seconds.theirs.map((value, i) => value / (seconds.ours[i] ?? Number.NaN))).toFixed(3)),
    equal_prompts: equal / prompts.length,
    peak_mb: Math.round(ours.peakMb()),
    transformers_peak_mb: Math.round(theirs.peakMb()),
    threads: Number(THREADS),
    rounds: ROUNDS,
    loadavg: loadavg()[0],
  };
  console.log(JSON.stringify(row));
  await Promise.all([ours.close(), theirs.close()]);
}

const folder = mkdtempSync(join(tmpdir(), 'bench-decode-'));
try {
  const wanted = process.argv.slice(2);
  for (const bench of DECODE_CASES)
    if (wanted.length === 0 || wanted.includes(bench.name)) await compare(bench, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
