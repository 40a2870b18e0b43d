// The dashboard's style sheet: that of the report, and what only a dashboard has. Shades of the grid run from light to dark in one hue, so that
// they are told apart without seeing colours.

import { PAGE_STYLE } from '../html/index.ts';

const OWN_STYLE = `
nav { display: flex; gap: 1rem; padding-bottom: .75rem; border-bottom: 1px solid var(--line); margin-bottom: 1rem; }
a { color: var(--link); } a:focus-visible, [tabindex]:focus-visible, button:focus-visible, select:focus-visible, input:focus-visible,
summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; } .skip:focus { position: static; }
:root { --link: #0b5cad; --shade0: #f0f6fc; --shade7: #5ba3e0; }
@media (prefers-color-scheme: dark) { :root { --link: #79b8ff; --shade0: #16283a; --shade7: #18528a; } }
section { margin-bottom: 2rem; } footer { margin-top: 3rem; font-size: .875rem; }
.empty { padding: .75rem; background: var(--raised); border-left: .25rem solid var(--line); }
.fault { padding: .75rem; background: var(--raised); border-left: .25rem solid var(--bad); white-space: pre-wrap; }
.source { font-size: .875rem; color: var(--faint); }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: .5rem 0; }
select, input, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--faint); border-radius: .2rem; padding: .2rem .4rem; max-width: 100%; }
button { background: var(--raised); cursor: pointer; }
svg.bar { width: 12rem; max-width: 100%; height: .75rem; vertical-align: middle; background: var(--raised); border: 1px solid var(--line); }
.counts { font-size: .875rem; white-space: nowrap; } span.words { white-space: pre-wrap; overflow-wrap: anywhere; display: inline-block; max-width: 24rem; }
.finished { fill: #0072B2; } .failed { fill: #D55E00; } .running { fill: #56B4E9; } .waiting { fill: #E69F00; } .paused, .cancelled, .stopped_early { fill: #7F7F7F; }
.planned { fill: transparent; }
table.grid th[scope=row] { border-bottom-width: 1px; } table.grid td { text-align: center; white-space: nowrap; }
${[0, 1, 2, 3, 4, 5, 6, 7].map((shade) => `.shade${shade} { background: color-mix(in srgb, var(--shade7) ${Math.round((100 * shade) / 7)}%, var(--shade0)); }`).join('\n')}
@media (max-width: 40rem) { body { padding: 1rem .5rem 3rem; } .counts { white-space: normal; } span.words { max-width: 14rem; } }
`;

/** Latents between two models. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="4" cy="8" r="3.5" fill="#0072B2"/><circle cx="12" cy="8" r="3.5" fill="#D55E00"/></svg>';

export const DASHBOARD_STYLE = `${PAGE_STYLE}${OWN_STYLE}`;
