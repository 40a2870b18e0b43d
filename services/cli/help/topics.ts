// Everything that lsweep help tells of besides commands: each topic with the words that lead to it. Pure but for reading the named queries.

import { ERRORS } from '../../../workflows/domain/errors.ts';
import { describeConfig } from '../../config/index.ts';
import { EXIT, exitCodeOf } from '../../edge/index.ts';
import { readNamedQueries } from '../../named-queries/index.ts';
import { allSettings, describeSweepFile, type SettingDescription } from '../../study/check/index.ts';
import { valueText } from '../render/config-key.ts';
import { wrapText } from '../render/wrap-text.ts';
import { queryText } from '../sql/query-list.ts';
import { GLOSSARY } from './glossary.ts';

export interface Topic {
  /** In lower case; the first is its name. */
  readonly names: readonly string[];
  readonly text: (width: number) => string;
}

/** Several may have one name: `base` is a model and a key of sweep files. */
export async function helpTopics(): Promise<readonly Topic[]> {
  return [...terms(), ...settings(), ...configuration(), ...errors(), ...(await queries())];
}

function terms(): readonly Topic[] {
  return GLOSSARY.flatMap(({ terms: ones }) =>
    ones.map(({ term, also = [], meaning, more }) => ({
      names: [term, ...also],
      text: (width: number) => paragraphs(width, term, [meaning, `More: ${more}`]),
    })),
  );
}

/** One topic for each path; a key that stands in several maps, such as `task.train`, has a part for each. */
function settings(): readonly Topic[] {
  const byPath = new Map<string, SettingDescription[]>();
  for (const key of allSettings(describeSweepFile())) {
    const path = key.path.replaceAll('[]', '');
    byPath.set(path, [...(byPath.get(path) ?? []), key]);
  }
  return [...byPath].map(([path, keys]) => ({
    names: [path.toLowerCase()],
    text: (width: number) =>
      paragraphs(width, `${path} (key of a sweep file)`, [...keys.flatMap(settingLines), 'More: docs/sweep-file.md']),
  }));
}

function settingLines({
  description,
  allowed,
  unit,
  preset,
  isOptional,
  examples,
}: SettingDescription): readonly string[] {
  const value = preset === undefined ? (isOptional ? 'none' : 'must be given') : valueText(preset);
  return [
    description,
    `Allowed: ${allowed}${unit === null ? '' : ` (${unit})`}. Default: ${value}.`,
    ...(examples.length === 0 ? [] : [`Example: ${examples.map(valueText).join(' or ')}`]),
  ];
}

function configuration(): readonly Topic[] {
  return describeConfig().flatMap(({ keys }) =>
    keys.map(({ key, variable, description, allowed, unit, preset, examples }) => ({
      names: [key.toLowerCase(), variable.toLowerCase()],
      text: (width: number) =>
        paragraphs(width, `${key} (key of the configuration, ${variable})`, [
          description,
          `Allowed: ${allowed}${unit === null ? '' : ` (${unit})`}. Default: ${valueText(preset)}.`,
          ...(examples.length === 0 ? [] : [`Example: ${examples.map(valueText).join(' or ')}`]),
          `In force: lsweep config ${key}. More: docs/configuration.md`,
        ]),
    })),
  );
}

function errors(): readonly Topic[] {
  return (Object.keys(ERRORS) as (keyof typeof ERRORS)[]).map((code) => ({
    names: [code.toLowerCase()],
    text: (width) => {
      const { advice, failure } = ERRORS[code];
      const exit = exitCodeOf(code);
      const name = Object.entries(EXIT).find(([, value]) => value === exit)?.[0] ?? '';
      return paragraphs(width, `${code} (error)`, [
        advice,
        `A command that ends with it has exit code ${exit} (${name}); an attempt counts as ${failure}.`,
        'More: docs/stability.md',
      ]);
    },
  }));
}

async function queries(): Promise<readonly Topic[]> {
  const all = await readNamedQueries();
  return all.map((query) => ({
    names: [query.name],
    text: (width) => `${queryText(query, width)}\n\nAsk it: lsweep sql ${query.name}`,
  }));
}

function paragraphs(width: number, heading: string, texts: readonly string[]): string {
  return [...wrapText(heading, width, ''), ...texts.flatMap((text) => wrapText(text, width, '  ', '  '))].join('\n');
}
