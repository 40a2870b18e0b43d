// What plans and checks believe of the published problems is what the shipped files hold; and what has one home is not written out again.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GSM8K_PUBLISHED, PROSQA_PUBLISHED } from '../../services/study/settings/published-tasks.ts';
import { builtInData } from '../../services/trainer/tasks/built-in-data.ts';
import { parseGsm8k } from '../../services/trainer/tasks/gsm8k.ts';
import { parseProsqa } from '../../services/trainer/tasks/prosqa.ts';
import { isDiskFull } from '../../workflows/domain/disk-full.ts';

test('the shipped files hold as many problems as plans and checks count with', () => {
  assert.equal(parseGsm8k(builtInData('gsm8k-train.jsonl.gz')).length, GSM8K_PUBLISHED.train);
  assert.equal(parseGsm8k(builtInData('gsm8k-test.jsonl.gz')).length, GSM8K_PUBLISHED.test);
  assert.equal(parseProsqa(builtInData('prosqa-valid.json.gz')).length, PROSQA_PUBLISHED.valid);
  assert.equal(parseProsqa(builtInData('prosqa-test.json.gz')).length, PROSQA_PUBLISHED.test);
});

/** By what a second copy would look like: the file that may say it. */
const HOMES: readonly (readonly [RegExp, string])[] = [
  [/'EDQUOT'|"EDQUOT"|'ENOSPC'/, 'workflows/domain/disk-full.ts'],
  [/\/\^\[0-9a-f\]\{64\}\$\/(?!, ')/, 'workflows/domain/ids.ts'],
  [/\b7_?473\b|\b1_?319\b|\b17_?886\b/, 'services/study/settings/published-tasks.ts'],
  [/\b2_?147_?483_?647n?\b/, 'workflows/domain/record-limits.ts'],
  [/'attn\.c_attn\.bias'|'self_attn\.q_norm\.weight'/, 'services/study/systems/model-tensors.ts'],
];

test('a fact with a home is written there alone', () => {
  const files = ['services', 'workflows']
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`))
    .filter((file) => file.endsWith('.ts'));
  for (const [copy, home] of HOMES) {
    const places = files.filter((file) => !file.startsWith('services/gen/') && copy.test(readFileSync(file, 'utf8')));
    assert.deepEqual(places, [home], String(copy));
  }
});

test('a full disk, a used up quota and a file that may grow no larger are no room', () => {
  const coded = (code: string): Error => Object.assign(new Error('write'), { code });
  assert.deepEqual(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].map(coded).map(isDiskFull), [true, true, true, false]);
  assert.equal(isDiskFull('ENOSPC'), false);
});
