// What a report concludes and how it writes it, apart from Postgres.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html } from '../../services/html/index.ts';
import { accuracyByLatents } from '../../services/report/figures/accuracy-by-latents.ts';
import { standaloneSvg } from '../../services/report/figures/draw-chart.ts';
import { rulingOf } from '../../services/report/findings/hypotheses.ts';
import { taskLabels } from '../../services/report/findings/task-labels.ts';
import { effectText, hoursText, pointsText, pText } from '../../services/report/page/quantities.ts';
import { matchPublished, publishedModelOf } from '../../services/report/published/match-published.ts';
import { PUBLISHED_RESULTS } from '../../services/report/published/published-results.ts';

const estimate = (low: number, high: number) => ({ value: (low + high) / 2, low, high });

test('a verdict reads the interval: on the side of the hypothesis, on the other, or neither', () => {
  assert.equal(rulingOf(estimate(0.01, 0.05), 0, true), 'supported');
  assert.equal(rulingOf(estimate(-0.05, -0.01), 0, true), 'contradicted');
  assert.equal(rulingOf(estimate(-0.01, 0.05), 0, true), 'undecided');
  assert.equal(rulingOf(estimate(-0.015, 0.05), 0.02, true), 'supported', 'a loss within the margin counts as good');
  assert.equal(rulingOf(estimate(-0.05, -0.03), 0.02, true), 'contradicted');
  assert.equal(rulingOf(estimate(-0.05, -0.01), 0.02, true), 'undecided');
});

test('nothing is concluded where nothing is better than guessing, or no question tells the two apart', () => {
  assert.equal(rulingOf(estimate(0.01, 0.05), 0, false), 'undecided');
  assert.equal(rulingOf(estimate(0, 0), 0.02, true), 'undecided');
});

test('a published value is subtracted only at the same budget; else its own budget is told', () => {
  const key = { model: 'gpt2', task: 'gsm8k', system: 'h2', latents: 12, hasCurriculum: true } as const;
  assert.deepEqual(matchPublished(key)?.result.accuracyPercent, 31.5);
  const four = matchPublished({ ...key, latents: 4 });
  assert.deepEqual([four?.result.accuracyPercent, four?.result.readOff, four?.isSameBudget], [27.8, true, true]);
  const liu = matchPublished({ ...key, system: 'liu', latents: 4 });
  assert.deepEqual([liu?.result.latents, liu?.isSameBudget], [12, false]);
  assert.equal(matchPublished({ ...key, hasCurriculum: false }), null);
  const cot = matchPublished({ ...key, system: 'cot', latents: 0, hasCurriculum: false });
  assert.deepEqual([cot?.result.accuracyPercent, cot?.isSameBudget], [42.9, true]);
  assert.equal(matchPublished({ ...key, model: null }), null);
  assert.equal(matchPublished({ ...key, task: 'countdown 2' }), null);
});

test('published results are one per model, task, system, budget, recipe and source, in percent', () => {
  const keys = PUBLISHED_RESULTS.map(({ model, task, system, latents, curriculum, source }) =>
    [model, task, system, latents, curriculum, source].join(' '),
  );
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(PUBLISHED_RESULTS.every(({ accuracyPercent: value }) => value > 0 && value <= 100));
  // spot checks against the tables of arXiv 2510.00494
  const mean = (system: string): number => {
    const row = PUBLISHED_RESULTS.filter(
      (one) => one.model === 'qwen3' && one.source === 'table 1' && one.system === system,
    );
    return row.reduce((sum, { accuracyPercent }) => sum + accuracyPercent, 0) / row.length;
  };
  assert.deepEqual(
    ['continued_pretraining', 'soft_embeddings', 'liu', 'h1', 'h2'].map((system) => mean(system).toFixed(1)),
    ['40.7', '40.7', '42.8', '47.2', '49.4'],
  );
});

test('a model is known by its family or by where its weights are from', () => {
  assert.equal(publishedModelOf({ family: 'qwen3' }), 'qwen3');
  assert.equal(publishedModelOf({ weights: 'hf:openai-community/gpt2@main' }), 'gpt2');
  assert.equal(publishedModelOf({ weights: 'hf:Qwen/Qwen3-0.6B@main' }), 'qwen3');
  assert.equal(publishedModelOf({ weights: 'models/other' }), null);
});

test('tasks are told apart by what a sweep varies of them', () => {
  const small = { name: 'prosqa', nodes: 6, train: 100 };
  assert.equal(taskLabels([small])(small), 'prosqa');
  assert.equal(taskLabels([small, { ...small, nodes: 12 }])(small), 'prosqa nodes=6');
  const three = { name: 'countdown', operands: 3 };
  assert.equal(taskLabels([three, { ...three, operands: 4 }])(three), 'countdown 3');
});

test('values of a page are text, whatever they hold', () => {
  assert.equal(
    html`<p title="${'"'}">${'<script>&'}${[html`<b>${1}</b>`]}${null}</p>`.text,
    '<p title="&quot;">&lt;script&gt;&amp;<b>1</b></p>',
  );
});

test('quantities are written as people read them', () => {
  assert.equal(effectText({ value: 0.031, low: -0.004, high: 0.0589 }), '+3.1 [−0.4, +5.9]');
  assert.equal(pointsText(-0.0001), '0.0');
  assert.deepEqual([pText(0.0004), pText(0.05)], ['< 0.001', '0.050']);
  assert.deepEqual([hoursText(12), hoursText(0.05), hoursText(0.001)], ['12.0 h', '3.0 min', '3.6 s']);
});

test('a chart alone has a white ground; without two budgets there is no curve by budget', () => {
  assert.equal(
    standaloneSvg('<svg width="1"><g></g></svg>'),
    '<svg width="1"><rect width="100%" height="100%" fill="white"></rect><g></g></svg>',
  );
  assert.equal(accuracyByLatents([], 'select 1'), null);
});
