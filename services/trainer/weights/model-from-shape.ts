// From the shape in a sweep file to a model config, with the family's own defaults where the file leaves something open (docs/design/study.md
// section 11).

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { ModelSettings } from '../../study/settings/index.ts';
import { shapeOf } from '../../study/systems/index.ts';
import type { ModelConfig } from '../models/index.ts';

export type ShapeSettings = Exclude<ModelSettings, { weights: string }>;

const GPT2_NORM_EPSILON = 1e-5;
const QWEN3_NORM_EPSILON = 1e-6;
const QWEN3_ROPE_THETA = 1e6;

/**
 * @param vocabularySize of the tokenizer: every id has a row
 * @throws LatentSweepError CONFIG_INVALID naming the key of the sweep file
 */
export function modelFromShape(settings: ShapeSettings, vocabularySize: number): ModelConfig {
  const shape = shapeOf(settings);
  if (shape === null) throw new LatentSweepError('INTERNAL', 'a shape has no shape');
  const { layers, width, heads, kvHeads, headWidth, inner, context } = shape;
  const shared = { vocabSize: vocabularySize, contextLength: context, width, layers, heads, innerWidth: inner };
  if (settings.family === 'gpt2') {
    if (width % heads !== 0) throw refused('heads', `${heads} does not divide model.width ${width}`);
    if (kvHeads !== heads)
      throw refused('kvHeads', `${kvHeads} differs from model.heads ${heads}; gpt2 shares no heads`);
    if (headWidth * heads !== width) {
      throw refused('headWidth', `${headWidth} times model.heads ${heads} is not model.width ${width}, as gpt2 needs`);
    }
    return { kind: 'gpt2', ...shared, normEpsilon: GPT2_NORM_EPSILON };
  }
  if (settings.headWidth === null && width % heads !== 0) {
    throw refused('heads', `${heads} does not divide model.width ${width}; choose another, or set model.headWidth`);
  }
  if (headWidth % 2 !== 0) throw refused('headWidth', `${headWidth} is odd; qwen3 rotates pairs`);
  if (heads % kvHeads !== 0) throw refused('kvHeads', `${kvHeads} does not divide model.heads ${heads}`);
  return {
    kind: 'qwen3',
    ...shared,
    keyValueHeads: kvHeads,
    headWidth,
    normEpsilon: QWEN3_NORM_EPSILON,
    ropeTheta: QWEN3_ROPE_THETA,
  };
}

const refused = (key: string, fault: string): LatentSweepError =>
  new LatentSweepError('CONFIG_INVALID', `model.${key} ${fault}`, { key: `model.${key}` });
