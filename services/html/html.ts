// HTML as tagged templates: every value is escaped unless it is HTML already, so that no name or message of a sweep becomes markup,
// and none of the characters that HTML forbids or that turn the reading direction is left.

import { visibleText } from '../../workflows/domain/visible-text.ts';

/** Made by `html` and `trustedHtml` alone. */
export interface Html {
  readonly kind: 'html';
  readonly text: string;
}

type Value = Html | string | number | null | readonly Html[];

export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const text = strings.map((part, i) => (i === 0 ? part : `${textOf(values[i - 1] ?? null)}${part}`)).join('');
  return { kind: 'html', text };
}

/** @param text markup that this program made itself, such as an SVG drawn by Vega */
export function trustedHtml(text: string): Html {
  return { kind: 'html', text };
}

export const NOTHING: Html = { kind: 'html', text: '' };

function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escaped(value);
  return 'kind' in value ? value.text : value.map(({ text }) => text).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
