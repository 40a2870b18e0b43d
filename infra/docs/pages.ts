// The pages of docs/ that are made from the program. A test fails when a committed one is older than what it is made from.

import { configurationPage } from './configuration-page.ts';

export interface Page {
  /** In docs/. */
  readonly file: string;
  readonly text: () => string;
}

export const PAGES: readonly Page[] = [{ file: 'configuration.md', text: configurationPage }];
