// The analyse phase: the last hidden layer of the latents over a split, and where the answers look
// (services/trainer/analyses/README.md). Steps are
// batches of items that collect, then slots whose geometry is computed. What was collected so far is its checkpoint, so the last one is
// also where the array itself can be read: `z` [items, slots, width]. The geometry follows from it and is computed anew after a resume.

import type { AnalysisValue } from '../../../workflows/domain/phase-result.ts';
import type { AnalysePhaseConfig } from '../../study/settings/index.ts';
import type { HostTensor, NamedTensors } from '../../tensor/runtime/index.ts';
import { LatentGeometry } from '../analyses/index.ts';
import { curriculumItem, latentsOf } from '../curriculum/index.ts';
import type { AttentionShares } from '../engine/types.ts';
import { evaluationEngine } from './evaluation-engine.ts';
import { type PhaseContext, readResume } from './phase-context.ts';
import type { PhaseWork, StepRecord } from './phase-work.ts';

const LATENTS = 'z';
/** [steps, layers, 3]: shares of question, latents and target rows, each the mean of its batch. */
const ATTENTION = 'attention';
const ATTENTION_TARGETS = 'attention.targets';
const SHARES = ['question', 'latents', 'target'] as const satisfies readonly (keyof AttentionShares)[];

export function analysePhase(config: AnalysePhaseConfig, context: PhaseContext): PhaseWork {
  const { task, tokenizer, totalSteps, job, model } = context;
  const { split: splitName, items: limit, batch, threshold, silhouetteItems } = config.analyse;
  const split = task.splits[splitName];
  const size = Math.min(limit ?? split.size, split.size);
  const slots = latentsOf(config.system, config.latents);
  const { width } = model.config;
  const engine = evaluationEngine(config, context);

  const resume = job.resume === null ? null : readResume(context, job.resume);
  const z = new Float32Array(size * slots * width);
  const before = dataOf(resume?.tensors, LATENTS);
  z.set(before);
  let items = before.length / (slots * width);
  const attention = [...dataOf(resume?.tensors, ATTENTION)];
  const targets = [...dataOf(resume?.tensors, ATTENTION_TARGETS)];

  const itemAt = (index: number) =>
    curriculumItem(split.example(index), { droppedSteps: Infinity, latents: slots }, tokenizer);

  const collect = (step: number): StepRecord => {
    const begin = (step - 1) * batch;
    const group = Array.from({ length: Math.min(batch, size - begin) }, (_, row) => itemAt(begin + row));
    engine.observeLatents(group).forEach(({ lastHidden }, row) => z.set(lastHidden, (begin + row) * slots * width));
    items = begin + group.length;
    const observed = engine.observeAttention(group);
    attention.push(...observed.layers.flatMap((shares) => SHARES.map((name) => shares[name])));
    targets.push(observed.targets);
    const latentNorm = meanNorm(z.subarray(begin * slots * width, items * slots * width), width, width);
    const tokens = group.reduce((total, { question, target }) => total + question.length + target.length, 0);
    return { metrics: new Map([['latent_norm', latentNorm]]), items: [], tokens, lossNats: null };
  };

  const geometry = new LatentGeometry({ items: size, slots, width, values: z }, { threshold, silhouetteItems });
  const batches = Math.ceil(size / batch);
  const look = (slot: number): StepRecord => {
    geometry.slot(slot);
    const latentNorm = meanNorm(z.subarray(slot * width), width, slots * width);
    return { metrics: new Map([['latent_norm', latentNorm]]), items: [], tokens: 0, lossNats: null };
  };

  return {
    startStep: resume?.facts.step ?? 0,
    totalSteps,
    parameters: 0,
    tokenizerHash: tokenizer.hash,
    run: (step) => (step <= batches ? collect(step) : look(step - batches - 1)),
    state: () => {
      const seen = z.slice(0, items * slots * width);
      const tensors: readonly [string, HostTensor][] = [
        [LATENTS, { shape: [items, slots, width], data: seen }],
        [ATTENTION, { shape: [attention.length], data: Float32Array.from(attention) }],
        [ATTENTION_TARGETS, { shape: [targets.length], data: Float32Array.from(targets) }],
      ];
      return { updates: 0, tensors: new Map(tensors) };
    },
    result: () => ({
      weightsSha256: null,
      capacityFloatsPerLatent: engine.capacityFloatsPerLatent,
      evaluation: null,
      analyses: [...geometry.values(), ...attentionRows(attention, targets)],
    }),
  };
}

function dataOf(tensors: NamedTensors | undefined, name: string): Float32Array {
  return tensors?.get(name)?.data ?? new Float32Array();
}

/** Mean length of rows of `width`, the next one `stride` further on. */
function meanNorm(rows: Float32Array, width: number, stride: number): number {
  let [total, count] = [0, 0];
  for (let from = 0; from < rows.length; from += stride, count++)
    total += Math.sqrt(rows.subarray(from, from + width).reduce((square, value) => square + value * value, 0));
  return total / count;
}

/** Means over all targets, layer by layer. Values pass through single precision, as they do in a checkpoint, so that a cut changes none. */
function attentionRows(attention: readonly number[], targets: readonly number[]): readonly AnalysisValue[] {
  const all = targets.reduce((sum, count) => sum + count, 0);
  const perStep = attention.length / targets.length;
  return Array.from({ length: perStep }, (_, column): AnalysisValue => {
    const name = `attention_to_${SHARES[column % SHARES.length] ?? ''}`;
    const value =
      targets.reduce((sum, count, step) => sum + count * Math.fround(attention[step * perStep + column] ?? 0), 0) / all;
    return { name, label: '', i: Math.floor(column / SHARES.length), j: null, value };
  });
}
