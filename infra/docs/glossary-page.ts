// docs/glossary.md: the words of latent-sweep, as lsweep help tells them.

import { GLOSSARY } from '../../services/cli/index.ts';
import { table } from './markdown.ts';

const HEAD = `<!-- Written by npm run docs from services/cli/help/glossary.ts; change it there. -->

# Glossary

One name for one thing, in code, SQL, documents and command line. \`lsweep help WORD\` tells the same, and helps with commands, keys, error codes
and queries too.
`;

export function glossaryPage(): string {
  const sections = GLOSSARY.map(
    ({ heading, terms }) =>
      `## ${heading}\n\n${table(
        ['word', 'meaning', 'more'],
        terms.map(({ term, also = [], meaning, more }) => [
          [term, ...also].join(', '),
          meaning,
          `[${more.replace(/^docs\//, '')}](${more.replace(/^docs\//, '')})`,
        ]),
      )}`,
  );
  return `${HEAD}\n${sections.join('\n\n')}\n`;
}
