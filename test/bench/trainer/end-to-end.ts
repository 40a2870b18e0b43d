// What a trainer process adds to its optimizer steps: data, metric rows, segments, checkpoints, messages. One finetune phase through the real
// process, from the command to `completed`, takes turns with a loop over the same batches; both end with the same weights, or the row is worth
// nothing. Bar: 5 %.

import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TrainerChild } from '../../../services/trainer/standalone/trainer-child.ts';
import { median, openSide } from '../side-process.ts';
import { END_TO_END, endToEndPhase, placementOf } from './end-to-end-phase.ts';

/** Those of a stack (services/config/schema.ts): a checkpoint at every segment. */
const SEGMENTS = { segmentMs: 5_000, checkpointMs: 0 } as const;

const roundSchema = z.object({ seconds: z.number(), weightsSha256: z.string() });

interface ProcessRound {
  /** From the command to `completed`. */
  readonly seconds: number;
  /** From `started` on: without loading data and weights. */
  readonly stepSeconds: number;
  readonly weightsSha256: string | null;
  readonly rows: number;
  readonly checkpoints: number;
}

async function runPhase(trainer: TrainerChild, threads: number, workDir: string): Promise<ProcessRound> {
  const sentMs = performance.now();
  let [startedMs, rows, checkpoints] = [sentMs, 0, 0];
  const job = {
    ...{ phaseKey: END_TO_END, attempt: 1, config: endToEndPhase, parent: null, resume: null, workDir },
    ...placementOf(threads),
    ...SEGMENTS,
  };
  for await (const event of trainer.run(job)) {
    const nowMs = performance.now();
    if (event.kind === 'started') startedMs = nowMs;
    if (event.kind === 'segment') {
      rows += event.metrics.reduce((sum, { steps }) => sum + steps.length, 0);
      checkpoints += event.checkpoint === null ? 0 : 1;
    }
    if (event.kind !== 'completed') continue;
    const { weightsSha256 } = event.result;
    const [seconds, stepSeconds] = [(nowMs - sentMs) / 1_000, (nowMs - startedMs) / 1_000];
    return { seconds, stepSeconds, weightsSha256, rows, checkpoints };
  }
  throw new Error('the phase did not complete');
}

/** One JSON row on standard output. */
export async function compareEndToEnd(threads: number, rounds: number): Promise<void> {
  const bareFile = fileURLToPath(new URL('./bare-side.ts', import.meta.url));
  const bare = await openSide(process.execPath, ['--import', 'tsx', bareFile, String(threads)]);
  const folder = mkdtempSync(join(tmpdir(), 'bench-trainer-'));
  const trainer = new TrainerChild();
  try {
    const workDir = (round: number): string => join(folder, `round-${round}`);
    await runPhase(trainer, threads, workDir(0));
    const bares: number[] = [];
    const phases: ProcessRound[] = [];
    for (let round = 1; round <= rounds; round++) {
      const { seconds, weightsSha256 } = roundSchema.parse(JSON.parse(await bare.round()));
      const phase = await runPhase(trainer, threads, workDir(round));
      if (phase.weightsSha256 !== weightsSha256) throw new Error('the two sides trained different weights');
      bares.push(seconds);
      phases.push(phase);
    }
    const overhead = (of: (round: ProcessRound) => number): number =>
      Number((median(phases.map((phase, i) => of(phase) / (bares[i] ?? Number.NaN))) - 1).toFixed(4));
    const { stepsPerStage } = endToEndPhase.train;
    console.log(
      JSON.stringify({
        case: END_TO_END,
        bare_step_ms: Number(((1_000 * median(bares)) / (stepsPerStage ?? Number.NaN)).toFixed(2)),
        phase_seconds: Number(median(phases.map(({ seconds }) => seconds)).toFixed(3)),
        overhead: overhead(({ seconds }) => seconds),
        overhead_after_start: overhead(({ stepSeconds }) => stepSeconds),
        ...{ steps: stepsPerStage, rows: phases[0]?.rows, checkpoints: phases[0]?.checkpoints },
        ...{ threads, rounds, loadavg: loadavg()[0] },
      }),
    );
  } finally {
    await Promise.all([trainer.end(), bare.close()]);
    rmSync(folder, { recursive: true });
  }
}
