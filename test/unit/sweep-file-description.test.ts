// The sweep file explains itself: every key is described, its examples are taken, and editors are told the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { allSettings, describeSweepFile, settingPaths, settingTrees } from '../../services/study/check/index.ts';
import { sweepFileSchema } from '../../services/study/settings/index.ts';

const KEYS = allSettings(describeSweepFile());
const PAGE = readFileSync(new URL('../../docs/sweep-file.md', import.meta.url), 'utf8');

test('every key of a sweep file has a description, and words, a default or an example', () => {
  assert.ok(KEYS.length > 150, `${KEYS.length} keys`);
  for (const { path, description, allowed, preset, examples, maps } of KEYS) {
    assert.match(description, /^[A-Z`1-9].*[.:]?\.$|^tau: .*\.$|^N_[LA].*\.$/s, `${path} has no sentence`);
    assert.notEqual(allowed, '', path);
    const isTold = examples.length > 0 || maps.length > 0 || (preset !== undefined && preset !== null);
    assert.ok(
      isTold || !/a (whole )?number|a text|a list|any value/.test(allowed),
      `${path} has no example: ${allowed}`,
    );
    assert.ok(preset !== null || examples.length > 0 || maps.length > 0, `${path} is null and shows no other value`);
  }
});

test('every length of time and size has its unit', () => {
  for (const { path, unit } of KEYS) {
    if (path.endsWith('Ms')) assert.equal(unit, 'ms', path);
    if (path.endsWith('Mb')) assert.equal(unit, 'MB', path);
    if (path.endsWith('Bytes')) assert.equal(unit, 'bytes', path);
    if (/(^|\.)(steps|stepsPerStage|warmupSteps|every)$/.test(path)) assert.equal(unit, 'steps', path);
  }
});

test('every example is taken by the schema of its key', () => {
  const root = z.toJSONSchema(sweepFileSchema, { io: 'input' });
  let seen = 0;
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) return node.forEach((inner) => walk(inner, path));
    const { examples, properties, items, anyOf, oneOf, additionalProperties } = node as z.core.JSONSchema.JSONSchema;
    for (const example of examples ?? []) {
      seen += 1;
      const { success, error } = z.fromJSONSchema(withoutRequired(node)).safeParse(example);
      assert.ok(success, `${path}: ${JSON.stringify(example)}: ${error}`);
    }
    for (const [key, inner] of Object.entries(properties ?? {})) walk(inner, `${path}.${key}`);
    for (const inner of [items, anyOf, oneOf, additionalProperties]) walk(inner, path);
  };
  walk(root, '');
  assert.ok(seen > 80, `${seen} examples`);
});

/** What axes may supply is not required of an example either. */
function withoutRequired(node: object): z.core.JSONSchema.JSONSchema {
  const text = JSON.stringify(node, (key, value: unknown) => (key === 'required' ? undefined : value));
  return JSON.parse(text) as z.core.JSONSchema.JSONSchema;
}

test('each setting is on the page, and editors show its description', () => {
  const { settings } = settingTrees();
  const schema = JSON.parse(readFileSync(new URL('../../infra/schema/sweep.schema.json', import.meta.url), 'utf8')) as {
    readonly $defs: Readonly<Record<string, object>>;
  };
  for (const path of settingPaths()) {
    assert.ok(PAGE.includes(`| \`${path.split('.').at(-1)}\` |`), `${path} is not on the page`);
    const [node] = settings.nodesAt(path.split('.'));
    assert.equal(typeof node?.['description'], 'string', `${path} has no description for editors`);
    assert.match(JSON.stringify(schema.$defs[path]), /"description":/, path);
  }
});
