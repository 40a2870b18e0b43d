// The engine's side of the decoding benchmark, a process of its own. Writes its weights as a Hugging Face folder for the other side, says
// that it is warm, then for every line on standard input decodes all prompts: seconds, and a digest of each prompt's tokens, as JSON.

import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { createEngine } from '../../../services/trainer/engine/index.ts';
import { exportHuggingFaceFolders } from '../../../services/trainer/weights/index.ts';
import { DECODE_CASES } from './cases.ts';

const [name, threads, folder = ''] = process.argv.slice(2);
const bench = DECODE_CASES.find((one) => one.name === name);
if (bench === undefined)
  throw new RangeError(`no case ${name}; there are ${DECODE_CASES.map((one) => one.name).join(', ')}`);
const { model, prompts, newTokens } = bench;

const engine = createEngine({
  model,
  system: 'no_cot',
  channel: null,
  latents: 0,
  query: null,
  gradThroughCache: true,
  prefixLmLossWeight: 0,
  optimizer: { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, decay: 'all', clip: null },
  device: 'cpu',
  threads: Number(threads),
});
engine.initialise({ seed: 1, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } });
exportHuggingFaceFolders(folder, model, engine.weights());

const items = prompts.map((question) => ({ question, latents: 0 }));
const round = (): string => {
  const startedMs = performance.now();
  const generations = engine.generate(items, newTokens, null);
  const seconds = (performance.now() - startedMs) / 1_000;
  const digests = generations.map(({ tokens }) => createHash('sha256').update(tokens.join()).digest('hex'));
  return JSON.stringify({ seconds, digests });
};

round();
console.log('warm');
createInterface({ input: process.stdin })
  .on('line', () => console.log(round()))
  .on('close', () => engine.release());
