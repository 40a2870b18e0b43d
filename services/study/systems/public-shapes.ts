// Shapes of public models, so that a plan needs no hub. For plans only: identities and checks never read this table, and a sweep that starts
// has its weights described by the files themselves. Source: the `config.json` of each repository on the Hugging Face hub.

import type { ModelShape } from './model-shape.ts';

function gpt2(layers: number, width: number): ModelShape {
  const heads = width / 64;
  return { family: 'gpt2', layers, width, heads, kvHeads: heads, headWidth: 64, inner: 4 * width, context: 1024 };
}

function qwen3(layers: number, width: number, heads: number, inner: number, ownHead: boolean): ModelShape {
  const shape = { family: 'qwen3', layers, width, heads, kvHeads: 8, headWidth: 128, inner, context: 40_960 } as const;
  return ownHead ? { ...shape, ownHead } : shape;
}

const SHAPES: Readonly<Record<string, ModelShape>> = {
  'openai-community/gpt2': gpt2(12, 768),
  'openai-community/gpt2-medium': gpt2(24, 1024),
  'openai-community/gpt2-large': gpt2(36, 1280),
  'openai-community/gpt2-xl': gpt2(48, 1600),
  'Qwen/Qwen3-0.6B': qwen3(28, 1024, 16, 3072, false),
  'Qwen/Qwen3-1.7B': qwen3(28, 2048, 16, 6144, false),
  'Qwen/Qwen3-4B': qwen3(36, 2560, 32, 9728, false),
  'Qwen/Qwen3-8B': qwen3(36, 4096, 32, 12_288, true),
  'Qwen/Qwen3-14B': qwen3(40, 5120, 40, 17_408, true),
  'Qwen/Qwen3-32B': qwen3(64, 5120, 64, 25_600, true),
};

/** @param weights `hf:owner/name@revision`. @returns null for every other name, and for a model that is not in the table */
export function publicShape(weights: string): ModelShape | null {
  const repository = /^hf:([^@]+)(?:@.*)?$/.exec(weights)?.[1];
  return repository === undefined ? null : (SHAPES[repository] ?? null);
}
