// The configuration explains itself: every key is described, the page is of today, and what it shows can be used.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { PAGES } from '../../infra/docs/pages.ts';
import { configKeysText, withValues } from '../../services/cli/render/config-key.ts';
import { describeConfig, findKeys, LEAVES, loadConfig } from '../../services/config/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const KEYS = describeConfig().flatMap((section) => section.keys);

test('the generated pages of docs/ are of today', () => {
  for (const { file, text } of PAGES) {
    const committed = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    assert.equal(committed, text(), `${file} is older than its source; npm run docs writes it`);
  }
});

test('every key of the configuration has a description, what is allowed, and a default or an example', () => {
  assert.deepEqual(KEYS.map(({ key }) => key).sort(), LEAVES.map(({ key }) => key).sort());
  for (const { key, description, allowed, preset, examples, unit } of KEYS) {
    assert.match(description, /^[A-Z`].*\.$/s, `${key} has no sentence`);
    assert.notEqual(allowed, '', key);
    assert.ok(preset !== null || examples.length > 0, `${key} has neither a default nor an example`);
    if (/Ms$/.test(key)) assert.equal(unit, 'ms', key);
    if (/Bytes$/.test(key)) assert.equal(unit, 'bytes', key);
  }
  for (const { name, description } of describeConfig().slice(1)) assert.match(description, /\.$/, name);
});

test('the examples of the page are a configuration that is taken, and each key is in them', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => parse(text ?? '') as object);
  // the first block is the one of the introduction
  const whole = blocks.slice(1).reduce<Record<string, unknown>>((all, block) => {
    for (const [key, value] of Object.entries(block)) {
      const before = all[key];
      all[key] = typeof before === 'object' && before !== null ? { ...before, ...(value as object) } : value;
    }
    return all;
  }, {});
  const dir = mkdtempSync(join(tmpdir(), 'lsweep-config-page-'));
  try {
    for (const values of [blocks[0], whole]) {
      writeFileSync(join(dir, 'lsweep.yaml'), stringify(values));
      loadConfig({ dir, environment: {} });
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  for (const { key } of KEYS) {
    const value = key.split('.').reduce<unknown>((inner, part) => (inner as Record<string, unknown>)[part], whole);
    assert.ok(value !== undefined && value !== null, `${key} has no example on the page`);
  }
});

test('a key is found by its name, its variable and its section; another word names the nearest', () => {
  assert.deepEqual(
    findKeys('LSWEEP_WORKER_SLOTS').map(({ key }) => key),
    ['worker.slots'],
  );
  assert.deepEqual(
    findKeys('temporal.tls').map(({ key }) => key),
    ['temporal.tls.ca', 'temporal.tls.cert', 'temporal.tls.key'],
  );
  for (const [word, near] of [
    ['worker.slot', 'worker.slots'],
    ['LSWEEP_WORKER_SLOT', 'LSWEEP_WORKER_SLOTS'],
  ] as const)
    assert.throws(
      () => findKeys(word),
      (error) => error instanceof LatentSweepError && error.message.includes(`nearest: ${near};`),
    );
});

test('what a key means fits the terminal and hides passwords', () => {
  const config = loadConfig({ environment: { LSWEEP_POSTGRES_URL: 'postgres://owner:hidden@db.example.org/x' } });
  const text = configKeysText(withValues(KEYS, config), 60);
  assert.doesNotMatch(text, /hidden/);
  assert.match(text, /in force:\s+postgres:\/\/owner:\*\*\*@db\.example\.org\/x/);
  for (const line of text.split('\n')) assert.ok(line.length <= 60 || !/\s\S+\s/.test(line.trim()), line);
});
