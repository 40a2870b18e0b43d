// The engine's side of the benchmark, a process of its own: for every line on standard input one round of optimizer steps, its seconds on
// standard output. The first line printed says that it is warm.

import { createInterface } from 'node:readline';
import { machineSize } from '../../../services/machine/index.ts';
import { createEngine } from '../../../services/trainer/engine/index.ts';
import { haveExclusiveCores } from '../../../services/trainer/jobs/exclusive-cores.ts';
import { BENCH_CASES } from './cases.ts';

const [name, threads] = process.argv.slice(2);
const bench = BENCH_CASES.find((one) => one.name === name);
if (bench === undefined)
  throw new RangeError(`no case ${name}; there are ${BENCH_CASES.map((one) => one.name).join(', ')}`);

const engine = createEngine({
  model: bench.model,
  system: bench.system,
  channel: bench.channel,
  latents: bench.latents,
  query: bench.system === 'continued_pretraining' ? null : 'marker',
  gradThroughCache: true,
  prefixLmLossWeight: 0,
  optimizer: { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, decay: 'all', clip: 1 },
  device: 'cpu',
  threads: Number(threads),
  exclusiveCores: haveExclusiveCores({ trainers: 1, threads: Number(threads), cores: machineSize().cores }),
});
engine.initialise({ seed: 1, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } });

const round = (steps: number): number => {
  const startedMs = performance.now();
  for (let step = 0; step < steps; step++)
    engine.trainStep(bench.batch, { base: 1e-4, coprocessor: 1e-4, soft: 1e-4 }, null);
  return (performance.now() - startedMs) / 1_000;
};

round(2);
console.log('warm');
createInterface({ input: process.stdin })
  .on('line', () => console.log(round(bench.steps)))
  .on('close', () => engine.release());
