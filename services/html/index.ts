// Parts of the pages that people look at, shared by report and dashboard so that both look like one product.

export { type Html, html, NOTHING, trustedHtml } from './html.ts';
export { PAGE_STYLE } from './page-style.ts';
