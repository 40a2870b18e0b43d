// Two cells beside each other: in which settings they differ, which questions one answered right and the other wrong, and their curves.

import { html, NOTHING } from '../../html/index.ts';
import { cellLink } from '../links.ts';
import { type Questions, records } from '../questions.ts';
import { figure } from './figure.ts';
import type { PageParts } from './layout.ts';
import { panel } from './panel.ts';
import { type SweepView, sweepTrail } from './sweep-page.ts';

/** @param view its `a` and `b` are numbers of cells; the page asks for what is missing. @throws LatentSweepError what the queries throw */
export async function comparePage(questions: Questions, sweep: string, view: SweepView): Promise<PageParts> {
  const { a = '', b = '' } = view;
  const form = html`<form method="get"><label>cell a <input name="a" value="${a}" inputmode="numeric" required></label>
<label>cell b <input name="b" value="${b}" inputmode="numeric" required></label> <button>Compare</button></form>`;
  const title = a === '' || b === '' ? 'two cells beside each other' : `cells ${a} and ${b}`;
  const trail = sweepTrail(sweep);
  if (a === '' || b === '') return { title, trail, body: form };
  const [differences, answers, curveOfA, curveOfB] = await Promise.all([
    questions.ask('difference-of-cells', { sweep, a, b }),
    questions.ask('paired-questions', { sweep, a, b }),
    questions.ask('curve', { sweep, cell: a }),
    questions.ask('curve', { sweep, cell: b }),
  ]);
  const curves = [
    { name: `cell ${a}`, rows: records(curveOfA) },
    { name: `cell ${b}`, rows: records(curveOfB) },
  ];
  const drawn = curves.every(({ rows }) => rows.length === 0)
    ? NOTHING
    : await figure(`loss_nats of finetune over steps, of cells ${a} and ${b}`, ({ cellCurvesSpec }) =>
        cellCurvesSpec(curves, 'loss_nats'),
      );
  const body = html`${form}<p><a href="${cellLink(sweep, Number(a))}">cell ${a}</a> · <a href="${cellLink(sweep, Number(b))}">cell ${b}</a></p>
${panel(differences, { heading: 'Settings that differ', empty: 'They have equal settings, or one of them is not there.' })}
${panel(answers, { heading: 'Questions that one got right and the other wrong', empty: 'There are none.', most: 500 })}
${panel(curveOfA, { heading: `Training loss: cell ${a}`, above: drawn, empty: 'Nothing is recorded yet.', most: 10 })}
${panel(curveOfB, { heading: `Training loss: cell ${b}`, empty: 'Nothing is recorded yet.', most: 10 })}`;
  return { title, trail, body };
}
