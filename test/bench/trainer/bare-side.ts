// The end-to-end case without a trainer process: its batches made beforehand, then nothing but optimizer steps are timed. For every line on
// standard input one round from the same beginning; its seconds and the hash of the weights it ends with on standard output.

import { createInterface } from 'node:readline';
import { weightsSha256 } from '../../../services/trainer/checkpoints/index.ts';
import { createEngine } from '../../../services/trainer/engine/index.ts';
import { learningRatesAt } from '../../../services/trainer/phases/schedule.ts';
import { phaseBatches } from '../../../services/trainer/profile/phase-batches.ts';
import { endToEndPhase, placementOf } from './end-to-end-phase.ts';

const { seed, train } = endToEndPhase;
const { engine: config, totalSteps, batchOf } = await phaseBatches(endToEndPhase, placementOf(Number(process.argv[2])));
const steps = Array.from({ length: totalSteps }, (_, index) => ({
  batch: batchOf(index + 1),
  rates: learningRatesAt(train, index + 1, totalSteps),
}));
const engine = createEngine(config);

const round = (): string => {
  engine.initialise({ seed, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } });
  const startedMs = performance.now();
  for (const { batch, rates } of steps) engine.trainStep(batch, rates, train.microbatch);
  const seconds = (performance.now() - startedMs) / 1_000;
  return JSON.stringify({ seconds, weightsSha256: weightsSha256(engine.weights()) });
};

// every shape of the phase is compiled
round();
console.log('warm');
createInterface({ input: process.stdin })
  .on('line', () => console.log(round()))
  .on('close', () => engine.release());
