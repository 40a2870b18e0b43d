// The pages of docs/ that are made from the program. A test fails when a committed one is older than what it is made from.

import { configurationPage } from './configuration-page.ts';
import { glossaryPage } from './glossary-page.ts';
import { sweepFilePage } from './sweep-file-page.ts';

export interface Page {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: () => string;
}

export const PAGES: readonly Page[] = [
  { file: 'docs/configuration.md', text: configurationPage },
  { file: 'docs/glossary.md', text: glossaryPage },
  { file: 'docs/sweep-file.md', text: sweepFilePage },
];
