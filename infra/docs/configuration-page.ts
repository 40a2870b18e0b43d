// docs/configuration.md: every key of the configuration, from the schema that the program checks it with.

import { stringify } from 'yaml';
import { describeConfig, type KeyDescription, type SectionDescription } from '../../services/config/index.ts';
import { code, fenced, table } from './markdown.ts';

const HEAD = `<!-- Written by npm run docs from services/config/schema.ts; change it there. -->

# Configuration

Without any, everything runs on this machine. What should be otherwise stands in \`lsweep.yaml\` in the working folder, else in \`config.yaml\` in
the state folder; \`--config\` or \`LSWEEP_CONFIG\` names another file instead:

\`\`\`yaml
# lsweep.yaml
worker: { slots: 4, threads: 2 }
log: { level: debug }
\`\`\`

Each key has an environment variable too, which wins over the file: \`worker.slots\` is \`LSWEEP_WORKER_SLOTS\`. A list is written with commas,
\`null\` stands for the local stack's own, and an empty variable counts as not set. An unknown key or variable is refused, with the nearest known.

Relative paths in the file count from the folder of the file, those in variables from the working folder (\`--dir\`, \`LSWEEP_DIR\`).

\`lsweep config\` prints the values in force, \`lsweep config KEY\` what a key means. A change takes effect at the next \`lsweep up\` after
\`lsweep down\`.

Variables without a key: \`LSWEEP_CONFIG\` (the file), \`LSWEEP_DIR\` (the working folder), \`LSWEEP_CACHE_DIR\` (where downloads are kept),
\`LSWEEP_DEBUG\` (errors come with their stack).
`;

export function configurationPage(): string {
  return `${HEAD}\n${describeConfig().map(sectionText).join('\n\n')}\n`;
}

function sectionText({ name, description, keys }: SectionDescription): string {
  return [
    `## ${name === '' ? 'Top level' : code(name)}`,
    name === '' ? 'Keys that stand in no section.' : description,
    table(
      ['key', 'allowed', 'default', 'meaning'],
      keys.map((key) => [
        `${code(key.key)}<br>${code(key.variable)}`,
        key.unit === null ? key.allowed : `${key.allowed} (${key.unit})`,
        presetText(key),
        key.description,
      ]),
    ),
    fenced('yaml', exampleOf(name, keys)),
  ].join('\n\n');
}

/** A section in full: of each key its example, or the default where that is one. */
function exampleOf(name: string, keys: readonly KeyDescription[]): string {
  const values = Object.fromEntries(keys.map((key) => [lastOf(key.key), key.examples[0] ?? key.preset]));
  const sections = name === '' ? [] : name.split('.');
  return stringify(
    sections.reduceRight<unknown>((inner, section) => ({ [section]: inner }), values),
    { lineWidth: 0 },
  );
}

function lastOf(key: string): string {
  return key.split('.').at(-1) ?? key;
}

function presetText({ preset, allowed }: KeyDescription): string {
  if (preset !== null) return code(JSON.stringify(preset));
  return allowed.endsWith('or null') ? code('null') : 'none';
}
