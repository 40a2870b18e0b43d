// One cell: its story, its curve, what it answered, what it was trained with, what it left.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type Html, html, NOTHING } from '../../html/index.ts';
import { compareLink } from '../links.ts';
import { type Questions, records, textOf } from '../questions.ts';
import { valueHtml } from '../values.ts';
import { choices } from './choice.ts';
import { figure } from './figure.ts';
import type { PageParts } from './layout.ts';
import { panel } from './panel.ts';
import { type SweepView, sweepTrail } from './sweep-page.ts';
import { REFRESH_SECONDS } from './sweeps-page.ts';

const MOST_ITEMS = 10_000;

/** @throws LatentSweepError INPUT_INVALID for a cell that is not there, and what the queries throw */
export async function cellPage(questions: Questions, sweep: string, cell: string, view: SweepView): Promise<PageParts> {
  const named = { sweep, cell };
  const [phases, settings, story, items, checkpoints] = await Promise.all([
    questions.ask('phases-of-cell', named),
    questions.ask('settings-of-cell', named),
    questions.ask('story', named),
    questions.ask('predictions', { ...named, limit: MOST_ITEMS, only_wrong: view['only_wrong'] }),
    questions.ask('checkpoints', named),
  ]);
  if (phases.rows.length === 0)
    throw new LatentSweepError('INPUT_INVALID', `sweep ${JSON.stringify(sweep)} has no cell ${cell}`, named);
  const isOpen = records(phases).some((row) => row['state'] === 'planned' || row['state'] === 'running');
  const sections: Html[] = [
    panel(story, { heading: 'What happened', empty: 'Nothing yet.' }),
    panel(phases, { heading: 'Phases', empty: 'None.' }),
    await curveSection(questions, named, view),
    panel(items, {
      heading: 'Answers beside the right ones',
      above: html`<p><a href="?">all</a> · <a href="?only_wrong=true">only wrong ones</a></p>`,
      cells: {
        correct: (row) =>
          html`<span class="${row['correct'] === true ? 'supported' : 'contradicted'}">${row['correct'] === true ? 'right' : 'wrong'}</span>`,
        prediction: (row) => html`<span class="words">${valueHtml(row['prediction'])}</span>`,
      },
      empty: view['only_wrong'] === 'true' ? 'No wrong answer is recorded.' : 'Nothing was asked yet.',
    }),
    panel(settings, { heading: 'Settings', empty: 'None.', most: 500 }),
    panel(checkpoints, { heading: 'Checkpoints', empty: 'None was taken yet.' }),
  ];
  return {
    title: `cell ${cell}`,
    trail: sweepTrail(sweep),
    body: html`<p><a href="${compareLink(sweep, cell)}">beside another cell</a></p><p>${axesText(records(settings).filter((row) => row['is_axis'] === true))}</p>${sections}`,
    refreshSeconds: isOpen ? REFRESH_SECONDS : null,
  };
}

function axesText(rows: readonly Parameters<typeof textOf>[0][]): string {
  return rows.map((row) => `${textOf(row, 'path')} ${String(row?.['value'])}`).join(', ');
}

async function curveSection(
  questions: Questions,
  named: { readonly sweep: string; readonly cell: string },
  view: SweepView,
): Promise<Html> {
  const recorded = records(await questions.ask('metrics', { sweep: named.sweep }));
  const kinds = [...new Set(recorded.map((row) => textOf(row, 'kind')))];
  const metrics = [...new Set(recorded.map((row) => textOf(row, 'metric')))];
  const kind = view['kind'] ?? (kinds.includes('finetune') ? 'finetune' : (kinds[0] ?? 'finetune'));
  const metric = view['metric'] ?? 'loss_nats';
  const answer = await questions.ask('curve', { ...named, kind, metric });
  const rows = records(answer);
  const form = choices(
    [
      { name: 'kind', label: 'phase', values: kinds, chosen: kind },
      { name: 'metric', label: 'metric', values: metrics, chosen: metric },
    ],
    view,
    'curve',
  );
  const drawn =
    rows.length === 0
      ? NOTHING
      : await figure(`${metric} of ${kind} over steps`, ({ cellCurvesSpec }) =>
          cellCurvesSpec([{ name: `cell ${named.cell}`, rows }], metric),
        );
  return panel(answer, {
    heading: `Curve: ${metric} of ${kind}`,
    body: html`${form}${drawn}`,
    empty: 'Nothing is recorded yet.',
  });
}
