// A small stored sweep for tests of planning: Countdown, four systems at two latent budgets over one Base.

import type { SweepSpec } from '../../services/study/plan/sweep-spec.ts';

export function specOf(parts: Partial<SweepSpec>): SweepSpec {
  return {
    format: 1,
    name: 'test',
    description: null,
    fixed: {
      model: { family: 'gpt2', layers: 2, width: 16, heads: 2, context: 128 },
      task: { name: 'countdown' },
      train: { stepsPerStage: 10 },
      base: { steps: 20 },
    },
    axes: [
      { path: 'system', values: ['soft_embeddings', 'liu', 'h1', 'h2'] },
      { path: 'latents', values: [2, 4] },
    ],
    include: [],
    exclude: [],
    seeds: [0],
    search: { kind: 'grid' },
    files: {},
    resources: { device: 'any', threads: 1, memoryMb: null },
    priority: 3,
    weight: 1,
    width: null,
    ...parts,
  };
}
