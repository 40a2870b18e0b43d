// A report as one HTML page that needs nothing but itself: question, warnings, verdicts, cells, figures, paired tests, device time, and
// how all of it was computed.

import { type Html, html, NOTHING, PAGE_STYLE, trustedHtml } from '../../html/index.ts';
import type { Figure } from '../figures/figure.ts';
import { AS_GOOD_MARGIN } from '../findings/hypotheses.ts';
import { BOOTSTRAP_SEED, RESAMPLES } from '../findings/resampling-of.ts';
import type { Report } from '../report.ts';
import { cellsTable, publishedModels } from './cells-table.ts';
import { gpuHoursTable, pairsTable, verdictsTable } from './findings-tables.ts';
import { sqlDetails } from './html-table.ts';
import { hoursText, momentText } from './quantities.ts';

/** @param svgs of the figures, by name */
export function renderPage(report: Report, svgs: ReadonlyMap<string, string>): string {
  const { sweep } = report;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="latent-sweep ${report.source.version}">
<title>${sweep}: report</title>
<style>${trustedHtml(PAGE_STYLE)}</style>
</head>
<body>
${head(report)}
${verdicts(report)}
<h2>Cells</h2>
<p>Mean accuracy over the seeds of every point of the grid.${publishedNote(report)}</p>
${cellsTable(report.groups)}
${sqlDetails(report.sql.cells)}
<h2>Figures</h2>
${report.figures.map((figure) => figureHtml(figure, svgs.get(figure.name) ?? ''))}
${pairs(report)}
<h2>Device time</h2>
<p>Shared phases count once. Work that was done again after a loss stands apart.</p>
${gpuHoursTable(report.gpuHours)}
${sqlDetails(report.sql.gpuHours)}
${methods()}
</body>
</html>
`;
  return page.text;
}

function publishedNote({ groups }: Report): string {
  const models = publishedModels(groups);
  if (models === '') return '';
  return ` Published values are of ${models} on the full tasks: for smaller models and tasks they say which system should lead, not which percentage to reach.`;
}

function head({ sweep, source, facts, warnings, gpuHours, sql }: Report): Html {
  const hours = gpuHours.reduce((sum, row) => sum + row.gpu_hours, 0);
  const again = gpuHours.reduce((sum, row) => sum + row.superseded_gpu_hours, 0);
  const ended = facts.last_closed_at === null ? '' : ` to ${momentText(facts.last_closed_at)}`;
  const rows: readonly (readonly [string, string])[] = [
    ['ran', `${momentText(facts.created_at)}${ended}`],
    ['cells', `${facts.finished} of ${facts.cells} finished, ${facts.failed} failed; sweep is ${facts.state}`],
    [
      'device time',
      `${hoursText(hours)} on ${facts.devices?.join(', ') ?? 'no device'}${again > 0 ? `, ${hoursText(again)} more done again` : ''}`,
    ],
    ['engine', `version ${facts.engine_versions?.join(', ') ?? 'unknown'}`],
    ['sweep file', `revision ${facts.revision}, hash ${facts.spec_hash}`],
    [
      'report',
      `${momentText(source.writtenAt)}, latent-sweep ${source.version}${source.commit === null ? '' : `, commit ${source.commit}`}`,
    ],
  ];
  return html`<h1>${sweep}</h1>
${facts.description === null ? NOTHING : html`<p class="question">${facts.description}</p>`}
<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${sqlDetails(sql.facts)}
${warnings.length === 0 ? NOTHING : html`<ul class="warnings">${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}`;
}

function verdicts({ verdicts: all }: Report): Html {
  if (all.length === 0) return NOTHING;
  return html`<h2>Verdicts</h2>
<p>Supported: the whole 95 % interval is on the side of the hypothesis; contradicted: on the other side; else undecided. “As good” allows
${100 * AS_GOOD_MARGIN} points.</p>
${verdictsTable(all)}`;
}

function pairs({ comparisons, sql }: Report): Html {
  const systems = comparisons.filter(({ differs }) => differs === 'system');
  if (comparisons.length === 0) return NOTHING;
  return html`<h2>Paired tests</h2>
<p>Two systems on the same questions from the same seeds: McNemar’s test on the questions that only one of them got right, all seeds together and
seed by seed, and Holm’s correction over all comparisons of systems on a task. Comparisons between latent budgets and channels are in pairs.csv.</p>
${pairsTable(systems)}
${sqlDetails(sql.pairs)}`;
}

function figureHtml({ title, caption, sql }: Figure, svg: string): Html {
  return html`<figure><h3>${title}</h3><div class="wide">${trustedHtml(svg)}</div><figcaption>${caption}</figcaption>${sqlDetails(sql)}</figure>
`;
}

function methods(): Html {
  return html`<h2>How to read the numbers</h2>
<p>Intervals of one model are Wilson’s: they know of the choice of questions. With several seeds both seeds and questions are resampled
(${RESAMPLES} resamples, percentiles, seed ${BOOTSTRAP_SEED}; the same questions for all seeds of a resample); with two or three seeds such
intervals are somewhat too narrow. Where all answers are alike, Wilson’s interval of one model stands. Effects of a hypothesis are means over
everything in the sweep that can answer it. Pooled tests count a question once for every seed, which makes their p values too small where seeds
agree; the intervals of the differences do not have that fault. Exact numbers are in the CSV files beside this page; its SQL runs in
<code>lsweep sql</code>.</p>`;
}
