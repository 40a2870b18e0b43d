// What was promised at the last release still holds (docs/stability.md): nothing that scripts, sweep files or older nodes use is gone or means
// something else. Additions need no change here; `npm run stable` makes a new promise, at a release.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { STATIC_STEPS } from '../../infra/checks/steps.mjs';
import { errorCodes, exitCodes, sweepFormat, trialKeys } from '../stable/promises.ts';
import { narrowings } from '../stable/schema-narrowing.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const promised = (name: string): unknown => JSON.parse(readFileSync(join(root, 'test/stable', name), 'utf8'));

/** Everything that was there is there unchanged; more may have come. */
function holds(before: unknown, now: Readonly<Record<string, unknown>>): void {
  assert.ok(typeof before === 'object' && before !== null && Object.keys(before).length > 0);
  for (const [name, value] of Object.entries(before)) assert.deepEqual(now[name], value, name);
}

test('exit codes keep their numbers', () => holds(promised('exit-codes.json'), exitCodes()));

test('error codes keep their names, exit codes, failure classes and gRPC statuses', () =>
  holds(promised('error-codes.json'), errorCodes()));

test('every sweep file of the last release is taken, with the same defaults', () => {
  assert.deepEqual(narrowings(promised('sweep-format.json'), sweepFormat()), []);
});

test('the sweep files of the repository make the trials that they made', () =>
  holds(promised('trial-keys.json'), trialKeys()));

describe('a format that takes less', () => {
  const BEFORE = {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', maxLength: 9 },
      steps: { $ref: '#/$defs/steps' },
      system: { enum: ['h1', 'h2'] },
      task: { anyOf: [{ type: 'null' }, { type: 'object', properties: { kind: { const: 'a' } } }] },
      lrs: { type: 'array', items: { type: 'number' }, minItems: 1 },
    },
    $defs: { steps: { type: 'integer', minimum: 1, default: 5, description: 'old words' } },
  };
  const after = (changes: object, rest: object = {}): unknown => ({
    ...BEFORE,
    ...rest,
    properties: { ...BEFORE.properties, ...changes },
  });

  test('is told from one that takes more', () => {
    const more = {
      extra: { type: 'string' },
      name: { type: 'string' },
      system: { enum: ['h1', 'h2', 'h3'] },
      task: { anyOf: [...BEFORE.properties.task.anyOf, { type: 'string' }] },
      lrs: { type: 'array', items: { anyOf: [{ type: 'number' }, { type: 'null' }] } },
    };
    const $defs = { steps: { type: 'number', minimum: 0, default: 5, description: 'new words', examples: [1] } };
    assert.deepEqual(narrowings(BEFORE, after(more, { $defs, required: [] })), []);
  });

  const less: Readonly<Record<string, readonly [unknown, RegExp]>> = {
    'without a key': [after({ steps: undefined }), /^steps: the key is gone/],
    'with a shorter text': [after({ name: { type: 'string', maxLength: 8 } }), /^name: maxLength 9 became 8/],
    'without a value': [after({ system: { enum: ['h2'] } }), /^system: "h1" is not taken/],
    'with another value alone': [after({ task: { const: 'a' } }), /^task: only/],
    'of another type': [after({ lrs: { type: 'array', items: { type: 'integer' } } }), /^lrs\[\]: number is not taken/],
    'of more items': [after({ lrs: { ...BEFORE.properties.lrs, minItems: 2 } }), /^lrs: minItems 1 became 2/],
    'with another default': [
      after({}, { $defs: { steps: { type: 'integer', minimum: 1, default: 6 } } }),
      /^steps: default 5 became 6/,
    ],
    'with a key that must be there': [after({}, { required: ['name', 'steps'] }), /\.steps: required now/],
    'by a rule that nobody reads here': [after({ name: { type: 'string', not: {} } }), /^name: keyword not/],
  };
  for (const [how, [now, words]] of Object.entries(less)) {
    test(how, () => {
      const found = narrowings(BEFORE, JSON.parse(JSON.stringify(now)));
      assert.match(found[0] ?? 'nothing', words);
    });
  }
});

test('a field of the wire that is renamed or gone is found by the static checks', (t) => {
  const command = STATIC_STEPS.flatMap(({ commands }) => commands).find(([, verb]) => verb === 'breaking');
  assert.ok(command !== undefined);
  const folder = mkdtempSync(join(tmpdir(), 'lsweep-proto-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(join(root, 'proto'), join(folder, 'proto'), { recursive: true });
  cpSync(join(root, 'test/stable/proto.json'), join(folder, 'test/stable/proto.json'));
  const check = (): string => {
    const [program = '', ...words] = command;
    const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin', program), words, {
      cwd: folder,
      encoding: 'utf8',
    });
    return stdout + stderr;
  };
  assert.equal(check(), '');
  const file = join(folder, 'proto/latentsweep/worker/v1/worker.proto');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^ {2}string node_id = 1;$/m, '  string node_name = 1;'));
  assert.match(check(), /Field "1" with name "node_name".*changed/);
});
