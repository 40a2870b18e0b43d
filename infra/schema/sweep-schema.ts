// The JSON Schema that editors check sweep files with, made from the same zod schema as the program's own checks. It is a little wider:
// an editor sees one file at a time, so nothing but the name is required (axes may supply what the fixed part leaves out).

import { z } from 'zod';
import { settingPaths, settingTrees } from '../../services/study/check/index.ts';
import { SETTING_KEYS, sweepFileSchema } from '../../services/study/settings/index.ts';

const ID = 'https://json-schema.org/draft/2020-12/schema';

/** JSON data; the same for the same zod schema. */
export function sweepJsonSchema(): unknown {
  const { settings } = settingTrees();
  const paths = settingPaths();
  const whole = z.toJSONSchema(sweepFileSchema, { io: 'input' });
  const fields = Object.entries(whole.properties ?? {}).filter(([key]) => !SETTING_KEYS.includes(key));
  const reference = (path: string): unknown => ({ $ref: `#/$defs/${path}` });
  const partialPoint = {
    type: 'object',
    properties: Object.fromEntries(paths.map((path) => [path, reference(path)])),
    additionalProperties: false,
  };
  return {
    $schema: ID,
    title: 'latent-sweep sweep file',
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(fields.map(([key, field]) => [key, relaxed(field)])),
      ...Object.fromEntries(SETTING_KEYS.map((key) => [key, reference(key)])),
      axes: {
        type: 'object',
        properties: Object.fromEntries(
          paths.map((path) => [path, { type: 'array', minItems: 1, items: reference(path) }]),
        ),
        additionalProperties: false,
      },
      include: { type: 'array', items: partialPoint },
      exclude: { type: 'array', items: partialPoint },
    },
    $defs: Object.fromEntries(
      paths.map((path) => [path, oneNode(settings.nodesAt(path.split('.')).map((node) => relaxed(node)))]),
    ),
  };
}

const oneNode = (nodes: readonly unknown[]): unknown => (nodes.length === 1 ? nodes[0] : { anyOf: nodes });

/** Without required keys and defaults; `oneOf` would refuse what several alternatives allow once nothing is required. */
function relaxed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(relaxed);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(
    ([key, value]) =>
      key !== 'required' && key !== '$schema' && !(key === 'maximum' && value === Number.MAX_SAFE_INTEGER),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key === 'oneOf' ? 'anyOf' : key, relaxed(value)]));
}
