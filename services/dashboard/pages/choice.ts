// A choice that becomes part of the page's address: a form without script.

import { type Html, html } from '../../html/index.ts';

export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly values: readonly string[];
  readonly chosen: string;
}

/** @param kept parameters of the page that the choice leaves as they are */
export function choices(choice: readonly Choice[], kept: Readonly<Record<string, string>>, anchor: string): Html {
  const selects = choice.map(
    ({ name, label, values, chosen }) =>
      html`<label>${label} <select name="${name}">${values.map((value) => option(value, value === chosen))}</select></label> `,
  );
  const hidden = Object.entries(kept)
    .filter(([name]) => !choice.some((one) => one.name === name))
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  return html`<form method="get" action="#${anchor}" id="${anchor}">${hidden}${selects}<button>Show</button></form>`;
}

function option(value: string, isChosen: boolean): Html {
  return isChosen ? html`<option selected>${value}</option>` : html`<option>${value}</option>`;
}
