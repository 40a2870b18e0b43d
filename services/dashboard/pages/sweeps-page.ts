// All sweeps: how far each is.

import { html } from '../../html/index.ts';
import { sweepLink } from '../links.ts';
import { type Questions, records, textOf } from '../questions.ts';
import type { PageParts } from './layout.ts';
import { panel } from './panel.ts';
import { isOpen, progressBar } from './progress-bar.ts';

export const REFRESH_SECONDS = 10;

export async function sweepsPage(questions: Questions): Promise<PageParts> {
  const answer = await questions.ask('sweeps', {});
  const body = panel(answer, {
    heading: 'How far each is',
    cells: {
      sweep: (row) => html`<a href="${sweepLink(textOf(row, 'sweep'))}">${textOf(row, 'sweep')}</a>`,
      cells: progressBar,
    },
    without: ['planned', 'waiting', 'running', 'paused', 'finished', 'failed', 'cancelled', 'stopped_early'],
    empty: 'There are no sweeps yet. lsweep init writes a sweep file to begin with, lsweep run FILE runs it.',
  });
  const isAnyOpen = records(answer).some(isOpen);
  return { title: 'Sweeps', body, refreshSeconds: isAnyOpen ? REFRESH_SECONDS : null };
}
