// All gradient rules by ONNX operator, one file per family.

import type { Rule } from '../rule.ts';
import { elementwiseRules } from './elementwise.ts';
import { layoutRules } from './layout.ts';
import { matmulRules } from './matmul.ts';
import { reduceRules } from './reduce.ts';

export const RULES: Readonly<Record<string, Rule | undefined>> = {
  ...elementwiseRules,
  ...layoutRules,
  ...matmulRules,
  ...reduceRules,
};
