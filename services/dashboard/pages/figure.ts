// A figure on a page. Vega is loaded with the first one: most pages have none.

import { type Html, html, trustedHtml } from '../../html/index.ts';
import type * as charts from '../charts.ts';

type Charts = typeof charts;

/** @param label says in words what the figure shows */
export async function figure(
  label: string,
  specOf: (charts: Charts) => ReturnType<Charts['curveSpec']>,
): Promise<Html> {
  const [loaded, { drawChart }] = await Promise.all([import('../charts.ts'), import('../../report/index.ts')]);
  const svg = await drawChart(specOf(loaded));
  return html`<figure><div class="wide" tabindex="0" role="group" aria-label="${label}">${trustedHtml(svg.replace('<svg ', `<svg role="img" aria-label="${html`${label}`.text}" `))}</div></figure>`;
}
