// The machines: which nodes there are, what they can do, what they run.

import { html } from '../../html/index.ts';
import type { Questions } from '../questions.ts';
import type { PageParts } from './layout.ts';
import { panel } from './panel.ts';
import { REFRESH_SECONDS } from './sweeps-page.ts';

export async function fleetPage(questions: Questions): Promise<PageParts> {
  const [fleet, running] = await Promise.all([questions.ask('fleet', {}), questions.ask('running', {})]);
  return {
    title: 'Fleet',
    body: html`${[
      panel(fleet, { heading: 'Nodes', empty: 'No node has registered yet. lsweep up starts one on this machine.' }),
      panel(running, { heading: 'Running now', empty: 'Nothing runs.' }),
    ]}`,
    refreshSeconds: running.rows.length > 0 ? REFRESH_SECONDS : null,
  };
}
