// Charts as SVG, drawn by Vega without a browser. A spec is plain data, so tests look at it without drawing.

import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { visibleText } from '../../../workflows/domain/visible-text.ts';

/** @returns SVG for a page: without ground, in the colour of its surroundings, and without the characters that XML forbids */
export async function drawChart(spec: TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  try {
    return visibleText(await view.toSVG());
  } finally {
    view.finalize();
  }
}

/** @returns the chart as a document of its own: black on white wherever it is looked at */
export function standaloneSvg(svg: string): string {
  return svg.replace(/^<svg [^>]*>/, (open) => `${open}<rect width="100%" height="100%" fill="white"></rect>`);
}
