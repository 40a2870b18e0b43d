// lsweep help tells of everything that has a name here.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { GLOSSARY } from '../../services/cli/help/glossary.ts';
import { helpTopics } from '../../services/cli/help/topics.ts';
import { LEAVES } from '../../services/config/index.ts';
import { readNamedQueries } from '../../services/named-queries/index.ts';
import { settingPaths } from '../../services/study/check/index.ts';
import { SYSTEM_NAMES } from '../../services/study/settings/index.ts';
import { ERRORS } from '../../workflows/domain/errors.ts';
import { runCli } from './cli-child.ts';

const cwd = tmpdir();

test('every error, key, variable, query and system is a topic, and each fits the terminal', async () => {
  const topics = await helpTopics();
  const names = new Set(topics.flatMap((topic) => topic.names));
  const wanted = [
    ...Object.keys(ERRORS),
    ...settingPaths(),
    ...LEAVES.flatMap(({ key, variable }) => [key, variable]),
    ...(await readNamedQueries()).map(({ name }) => name),
    ...SYSTEM_NAMES,
  ];
  assert.deepEqual(
    wanted.filter((name) => !names.has(name.toLowerCase())),
    [],
  );
  for (const {
    names: [name],
    text,
  } of topics)
    for (const line of text(80).split('\n'))
      assert.ok(line.length <= 80 || !line.trim().includes(' '), `${name}: ${line}`);
});

test('a word of the glossary stands there once, and its document exists', () => {
  const terms = GLOSSARY.flatMap((section) => section.terms);
  const words = terms.flatMap(({ term, also = [] }) => [term, ...also]);
  assert.equal(new Set(words).size, words.length);
  for (const { term, meaning, more } of terms) {
    assert.match(meaning, /^[A-Z].*\.$/, term);
    assert.ok(existsSync(new URL(`../../${more}`, import.meta.url)), `${term}: ${more}`);
    assert.equal(term, term.toLowerCase());
  }
});

test('commands come first, a last part of a key stands for all of its keys, and what is unknown names the nearest', async () => {
  const [whole, run, batch, unknown] = await Promise.all([
    runCli(['help'], { cwd }),
    runCli(['help', 'trainer', 'plan'], { cwd }),
    runCli(['help', 'Batch'], { cwd }),
    runCli(['help', 'train.batsh'], { cwd }),
  ]);
  assert.match(whole.stdout, /Commands:[^]*\n {2}help \[topic\.\.\.\]/);
  assert.match(run.stdout, /^Usage: lsweep trainer plan/);
  assert.match(batch.stdout, /base\.batch \(key of a sweep file\)[^]*train\.batch \(key of a sweep file\)/);
  assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
  assert.match(unknown.stderr, /there is no help on "train\.batsh"; nearest: train\.batch;/);
});
