// The named queries: all of them, and each with its parameters and its answer.

import { type Html, html, NOTHING } from '../../html/index.ts';
import type { NamedQuery } from '../../named-queries/index.ts';
import { queryLink } from '../links.ts';
import type { Questions } from '../questions.ts';
import type { PageParts } from './layout.ts';
import { panel } from './panel.ts';

const MOST_ROWS = 1_000;

export function queryListPage(questions: Questions): PageParts {
  const items = questions.all.map(
    ({ name, question }) => html`<dt><a href="${queryLink(name, {})}">${name}</a></dt><dd>${question}</dd>`,
  );
  return {
    title: 'Queries',
    body: html`<p>The same as <code>lsweep sql NAME</code>. Each has an address, its SQL and its CSV.</p><dl class="facts">${items}</dl>`,
  };
}

/** @throws LatentSweepError INPUT_INVALID for an unknown query or a parameter of another type, and what the query throws */
export async function queryPage(
  questions: Questions,
  name: string,
  given: Readonly<Record<string, string>>,
): Promise<PageParts> {
  const query = questions.find(name);
  const missing = query.parameters.filter((one) => one.defaultValue === undefined && (given[one.name] ?? '') === '');
  const answer = missing.length > 0 ? null : await questions.ask(name, given);
  const answered =
    answer === null
      ? html`<p class="empty">${query.question} Give ${missing.map((one) => one.name).join(' and ')} to ask.</p>`
      : panel(answer, { heading: 'Answer', empty: 'No rows.', most: MOST_ROWS });
  return {
    title: name,
    trail: [{ text: 'Queries', href: '/queries' }],
    body: html`${formOf(query, given)}${answered}`,
  };
}

function formOf({ parameters }: NamedQuery, given: Readonly<Record<string, string>>): Html {
  if (parameters.length === 0) return NOTHING;
  const fields = parameters.map(
    ({ name, description, defaultValue }) =>
      html`<label>${name.replaceAll('_', ' ')} <input name="${name}" value="${given[name] ?? ''}" placeholder="${String(defaultValue ?? '')}" title="${description}"></label> `,
  );
  return html`<form method="get">${fields}<button>Ask</button></form>`;
}
