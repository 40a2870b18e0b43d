// What every page has: title, way back, time of reading.

import { type Html, html } from '../../html/index.ts';

export interface PageParts {
  readonly title: string;
  /** From the outermost inwards. */
  readonly trail?: readonly { readonly text: string; readonly href: string }[];
  readonly body: Html;
  /** Seconds after which the page is read again; null = it stays as it is. */
  readonly refreshSeconds?: number | null;
}

/** @param nowMs milliseconds since the epoch */
export function pageHtml({ title, trail = [], body, refreshSeconds = null }: PageParts, nowMs: number): string {
  const crumbs = trail.map(({ text, href }) => html`<a href="${href}">${text}</a> / `);
  const read = new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ');
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – latent-sweep</title><link rel="stylesheet" href="/style.css"><link rel="icon" href="/icon.svg">
<script src="/live.js" defer></script></head>
<body data-refresh="${refreshSeconds ?? ''}"><a class="skip" href="#main">To the content</a>
<nav aria-label="pages"><a href="/">Sweeps</a> <a href="/fleet">Fleet</a> <a href="/queries">Queries</a></nav>
<main id="main"><h1>${crumbs}${title}</h1>
${body}</main>
<footer class="faint"><p id="read" role="status">Read at ${read} UTC.${refreshSeconds === null ? ' Reload for newer numbers.' : ` Read again every ${refreshSeconds} s while work goes on.`}</p></footer>
</body></html>`.text;
}
