// One sweep: how far it is, what came out, how training went, what is missing.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type Html, html, NOTHING } from '../../html/index.ts';
import { sweepLink } from '../links.ts';
import { type Answer, numberOf, type Questions, records, textOf } from '../questions.ts';
import { type Choice, choices } from './choice.ts';
import { figure } from './figure.ts';
import { gridTable } from './grid-table.ts';
import type { PageParts } from './layout.ts';
import { panel } from './panel.ts';
import { isOpen, progressBar } from './progress-bar.ts';
import { REFRESH_SECONDS } from './sweeps-page.ts';

/** Above it the curves' query takes seconds. */
const MOST_CELLS_UNASKED = 1_000;

/** Of the page's address: axes of the grid, metric of the curves, systems of the pair. */
export type SweepView = Readonly<Record<string, string>>;

/** @throws LatentSweepError INPUT_INVALID for a sweep that is not there, and what the queries throw */
export async function sweepPage(questions: Questions, sweep: string, view: SweepView): Promise<PageParts> {
  const [sweeps, axes, metrics, results] = await Promise.all([
    questions.ask('sweeps', { sweep }),
    questions.ask('axes', { sweep }),
    questions.ask('metrics', { sweep }),
    questions.ask('accuracy-by-system', { sweep }),
  ]);
  const [row] = records(sweeps);
  if (row === undefined)
    throw new LatentSweepError('INPUT_INVALID', `there is no sweep ${JSON.stringify(sweep)}`, { sweep });
  const sections = await Promise.all([
    accuracySection(results, sweep),
    gridSection(questions, axes, sweep, view),
    curveSection(questions, metrics, sweep, view, numberOf(row, 'cells') ?? 0),
    pairSection(questions, results, sweep, view),
    progressSection(questions, sweep),
    openSection(questions, sweep),
    failureSection(questions, sweep),
    cellsSection(questions, sweep),
  ]);
  return {
    title: sweep,
    body: html`<p>${textOf(row, 'state')}. ${progressBar(row)}</p>${sections}`,
    refreshSeconds: isOpen(row) ? REFRESH_SECONDS : null,
  };
}

async function accuracySection(results: Answer, sweep: string): Promise<Html> {
  const rows = records(results);
  const tasks = distinct(rows.map((row) => textOf(row, 'task')));
  const figures = await Promise.all(
    tasks.map((task) => {
      const ofTask = rows.filter((row) => row['task'] === task);
      return figure(`Accuracy on ${task} over the latent budget, by system`, ({ accuracySpec }) =>
        accuracySpec(ofTask),
      );
    }),
  );
  return panel(results, {
    heading: 'Accuracy by system and latents',
    above: html`${figures}<p class="faint">Bars: 95 % interval of a point. Dashed: guessing.</p>`,
    empty: `No cell of ${sweep} is finished yet; results appear here one by one.`,
  });
}

async function gridSection(questions: Questions, axes: Answer, sweep: string, view: SweepView): Promise<Html> {
  const paths = distinct([
    ...records(axes).map((row) => textOf(row, 'path')),
    'system',
    'latents',
    'task',
    'channel',
    'seed',
  ]);
  const chosen = { x: view['x'] ?? 'latents', y: view['y'] ?? 'system' };
  const answer = await questions.ask('accuracy-grid', { sweep, ...chosen });
  const rows = records(answer);
  const grids = distinct(rows.map((row) => textOf(row, 'task'))).map(
    (task) =>
      html`<h3>${task}</h3>${gridTable(
        rows.filter((row) => row['task'] === task),
        chosen,
      )}`,
  );
  const form = choices([choice('y', 'rows', paths, chosen.y), choice('x', 'columns', paths, chosen.x)], view, 'grid');
  return panel(answer, {
    heading: 'Accuracy over two axes',
    body: html`${form}${grids}`,
    empty: 'There are no cells yet.',
  });
}

async function curveSection(
  questions: Questions,
  metrics: Answer,
  sweep: string,
  view: SweepView,
  cells: number,
): Promise<Html> {
  const recorded = records(metrics);
  const kinds = distinct(recorded.map((row) => textOf(row, 'kind')));
  const kind = view['kind'] ?? (kinds.includes('finetune') ? 'finetune' : (kinds[0] ?? 'finetune'));
  const names = recorded.filter((row) => row['kind'] === kind).map((row) => textOf(row, 'metric'));
  const metric = view['metric'] ?? (names.includes('loss_nats') ? 'loss_nats' : (names[0] ?? 'loss_nats'));
  const form = choices(
    [
      choice('kind', 'phase', kinds, kind),
      choice('metric', 'metric', distinct(recorded.map((row) => textOf(row, 'metric'))), metric),
    ],
    view,
    'curves',
  );
  if (cells > MOST_CELLS_UNASKED && view['metric'] === undefined)
    return html`<section><h2>Curves</h2><p class="faint">Curves of ${cells} cells take a while: they are drawn when you ask.</p>${form}</section>`;
  const answer = await questions.ask('mean-curve', { sweep, kind, metric });
  const rows = records(answer);
  const drawn =
    rows.length === 0
      ? NOTHING
      : await figure(`${metric} of ${kind} over steps, mean over seeds, by system and latents`, ({ curveSpec }) =>
          curveSpec(rows, metric),
        );
  const body = html`${form}${drawn}<p class="faint">Mean over seeds in 100 buckets of steps; the band is one standard deviation over seeds.</p>`;
  return panel(answer, { heading: `Curves: ${metric} of ${kind}`, body, empty: 'Nothing is recorded yet.' });
}

async function pairSection(questions: Questions, results: Answer, sweep: string, view: SweepView): Promise<Html> {
  const systems = distinct(records(results).map((row) => textOf(row, 'system')));
  if (systems.length < 2) return NOTHING;
  const a = view['a'] ?? (systems.includes('h2') ? 'h2' : (systems[0] ?? ''));
  const others = systems.filter((system) => system !== a);
  const b = view['b'] ?? (others.includes('soft_embeddings') ? 'soft_embeddings' : (others[0] ?? ''));
  const answer = await questions.ask('paired-difference', { sweep, a, b });
  const form = choices([choice('a', 'system a', systems, a), choice('b', 'system b', systems, b)], view, 'pair');
  return panel(answer, {
    heading: `${a} against ${b}, on the same questions`,
    above: form,
    empty: `No question was answered by both ${a} and ${b} yet.`,
  });
}

const progressSection = async (questions: Questions, sweep: string): Promise<Html> =>
  panel(await questions.ask('time-left', { sweep }), { heading: 'Time left', empty: 'Nothing is left to run.' });

const openSection = async (questions: Questions, sweep: string): Promise<Html> =>
  panel(await questions.ask('open-cells', { sweep }), {
    heading: 'Not finished',
    empty: 'Every cell is finished.',
  });

const failureSection = async (questions: Questions, sweep: string): Promise<Html> =>
  panel(await questions.ask('failures', { sweep }), { heading: 'Failures', empty: 'No attempt has failed.' });

const cellsSection = async (questions: Questions, sweep: string): Promise<Html> =>
  panel(await questions.ask('cells', { sweep, limit: 100_000 }), {
    heading: 'Cells',
    empty: 'There are no cells yet.',
  });

function choice(name: string, label: string, values: readonly string[], chosen: string): Choice {
  return { name, label, values: values.includes(chosen) ? values : [chosen, ...values], chosen };
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

/** Where a cell's page leads back to. */
export const sweepTrail = (sweep: string): NonNullable<PageParts['trail']> => [{ text: sweep, href: sweepLink(sweep) }];
