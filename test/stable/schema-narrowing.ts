// Where a newer JSON Schema refuses, or reads differently, what an older one took: what may not happen to the format of sweep files. Knows the
// keywords that ours uses, and says so when it meets another.

type Node = Readonly<Record<string, unknown>>;
type Definitions = Readonly<Record<string, unknown>>;

const UNDERSTOOD = new Set([
  ...['$ref', 'anyOf', 'type', 'enum', 'const', 'default', 'properties', 'required', 'additionalProperties', 'items'],
  ...['prefixItems', 'minimum', 'exclusiveMinimum', 'minItems', 'minLength', 'maximum', 'exclusiveMaximum'],
  ...['maxItems', 'maxLength', 'pattern'],
]);
/** They say nothing of what is taken. */
export const WORDS_ONLY: ReadonlySet<string> = new Set([
  ...[
    '$schema',
    '$id',
    '$defs',
    '$comment',
    'title',
    'description',
    'markdownDescription',
    'examples',
    'unit',
    'deprecated',
  ],
]);

/** @returns a sentence each, empty when every document that `before` takes is taken by `after` and means the same */
export function narrowings(before: unknown, after: unknown): readonly string[] {
  const [old, now] = [nodeOf(before), nodeOf(after)];
  return compare(old, now, '', { old: nodeOf(old['$defs'] ?? {}), now: nodeOf(now['$defs'] ?? {}) });
}

interface Scope {
  readonly old: Definitions;
  readonly now: Definitions;
}

function compare(before: Node, after: Node, path: string, scope: Scope): readonly string[] {
  const [old, now] = [resolved(before, scope.old), resolved(after, scope.now)];
  const strange = [...Object.keys(old), ...Object.keys(now)].find(
    (key) => !UNDERSTOOD.has(key) && !WORDS_ONLY.has(key),
  );
  if (strange !== undefined) return [`${path || '(top)'}: keyword ${strange} is not understood here`];
  const changed = 'default' in old && !isEqual(old['default'], now['default']);
  const faults = changed
    ? [`${path}: default ${JSON.stringify(old['default'])} became ${JSON.stringify(now['default'])}`]
    : [];
  const taken = alternatives(old).flatMap((one) => {
    const tries = alternatives(now).map((other) =>
      compareOne(resolved(one, scope.old), resolved(other, scope.now), path, scope),
    );
    // the nearest alternative tells best what is missing
    return tries.some((found) => found.length === 0) ? [] : (tries.sort((a, b) => a.length - b.length)[0] ?? []);
  });
  return [...faults, ...taken];
}

/** Two that are no alternatives themselves; an alternative that is one is compared whole. */
function compareOne(old: Node, now: Node, path: string, scope: Scope): readonly string[] {
  if ('anyOf' in old || 'anyOf' in now) return compare(old, now, path, scope);
  return [...valueFaults(old, now, path), ...boundFaults(old, now, path), ...partFaults(old, now, path, scope)];
}

function valueFaults(old: Node, now: Node, path: string): readonly string[] {
  const [values, allowed] = [valuesOf(old), valuesOf(now)];
  const isTaken = (type: string): boolean =>
    typesOf(now).length === 0 || typesOf(now).includes(type) || (type === 'integer' && typesOf(now).includes('number'));
  if (values !== null) {
    const lost = values.filter((value) =>
      allowed === null ? !isTaken(typeOf(value)) : !allowed.some((one) => isEqual(one, value)),
    );
    return lost.map((value) => `${path}: ${JSON.stringify(value)} is not taken any more`);
  }
  if (allowed !== null) return [`${path}: only ${JSON.stringify(allowed)} are taken now`];
  const types = typesOf(old);
  if (types.length === 0) return typesOf(now).length === 0 ? [] : [`${path}: only ${typesOf(now).join(', ')} now`];
  return types.filter((type) => !isTaken(String(type))).map((type) => `${path}: ${type} is not taken any more`);
}

const LOWER = ['minimum', 'exclusiveMinimum', 'minItems', 'minLength'];
const UPPER = ['maximum', 'exclusiveMaximum', 'maxItems', 'maxLength'];

function boundFaults(old: Node, now: Node, path: string): readonly string[] {
  const isTighter = (key: string, sign: 1 | -1): boolean =>
    typeof now[key] === 'number' && (typeof old[key] !== 'number' || sign * now[key] > sign * old[key]);
  const tighter = [...LOWER.filter((key) => isTighter(key, 1)), ...UPPER.filter((key) => isTighter(key, -1))];
  if ('pattern' in now && now['pattern'] !== old['pattern']) tighter.push('pattern');
  return tighter.map((key) => `${path}: ${key} ${JSON.stringify(old[key])} became ${JSON.stringify(now[key])}`);
}

function partFaults(old: Node, now: Node, path: string, scope: Scope): readonly string[] {
  const [keys, known] = [nodeOf(old['properties'] ?? {}), nodeOf(now['properties'] ?? {})];
  const isOpen = now['additionalProperties'] !== false;
  const faults = Object.entries(keys).flatMap(([key, value]) => {
    const here = path === '' ? key : `${path}.${key}`;
    if (!(key in known)) return isOpen ? [] : [`${here}: the key is gone`];
    return compare(nodeOf(value), nodeOf(known[key]), here, scope);
  });
  const wasRequired = listOf(old['required']);
  for (const key of listOf(now['required'])) {
    if (!wasRequired.includes(key)) faults.push(`${path}.${String(key)}: required now`);
  }
  if (!isOpen && old['additionalProperties'] !== false && typesOf(old).includes('object'))
    faults.push(`${path}: other keys are not taken any more`);
  if (isSchema(old['additionalProperties']) && isSchema(now['additionalProperties']))
    faults.push(
      ...compare(nodeOf(old['additionalProperties']), nodeOf(now['additionalProperties']), `${path}.*`, scope),
    );
  if ('items' in now) faults.push(...compare(nodeOf(old['items'] ?? {}), nodeOf(now['items']), `${path}[]`, scope));
  listOf(now['prefixItems']).forEach((item, index) => {
    faults.push(...compare(nodeOf(listOf(old['prefixItems'])[index] ?? {}), nodeOf(item), `${path}[${index}]`, scope));
  });
  return faults;
}

function resolved(node: Node, definitions: Definitions): Node {
  const reference = node['$ref'];
  if (typeof reference !== 'string') return node;
  const beside = Object.fromEntries(Object.entries(node).filter(([key]) => key !== '$ref'));
  return { ...resolved(nodeOf(definitions[reference.replace('#/$defs/', '')]), definitions), ...beside };
}

const alternatives = (node: Node): readonly Node[] => ('anyOf' in node ? listOf(node['anyOf']).map(nodeOf) : [node]);
const valuesOf = (node: Node): readonly unknown[] | null =>
  'const' in node ? [node['const']] : 'enum' in node ? listOf(node['enum']) : null;
const typesOf = (node: Node): readonly unknown[] =>
  Array.isArray(node['type']) ? listOf(node['type']) : 'type' in node ? [node['type']] : [];
const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
const isSchema = (value: unknown): boolean => typeof value === 'object' && value !== null;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isEqual = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function nodeOf(value: unknown): Node {
  // nothing fits `false`
  if (typeof value === 'boolean') return value ? {} : { enum: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not a JSON Schema');
  return { ...value };
}
