// docs/sweep-file.md: every key of a sweep file, from the schema that the program checks it with.

import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { describeSweepFile, type SettingDescription, type SettingMap } from '../../services/study/check/index.ts';
import { SETTING_KEYS } from '../../services/study/settings/index.ts';
import { code, fenced, table } from './markdown.ts';

/** What `lsweep init` writes. */
const EXAMPLE = new URL('../sweeps/first-sweep.yaml', import.meta.url);

const HEAD = `<!-- Written by npm run docs from services/study/settings; change it there. -->

# Sweep file

A sweep file says what to train: settings that are fixed, axes along which others vary, and seeds. Every point of the grid with every seed is a
cell; cells with equal settings are one trial, trained once. \`lsweep init\` writes a commented file to begin with, \`lsweep plan FILE\` tells what
it would run and what is wrong with it, \`lsweep run FILE\` runs it.

The file is YAML. Keys that are left out have the default of the tables below; an unknown key is refused, with its line and the nearest known.
Its first line lets an editor with a YAML language server complete and check every key: \`lsweep init\` writes it. **Any setting may be an axis**,
by its dotted path: \`train.lr\`, \`task.nodes\`, \`evaluate.split\`.

`;

export function sweepFilePage(): string {
  const { keys } = describeSweepFile();
  const isSetting = ({ path }: SettingDescription): boolean => SETTING_KEYS.includes(path);
  const file = keys.filter((key) => !isSetting(key));
  const settings = keys.filter(isSetting);
  const parts = [
    `${HEAD}${fenced('yaml', readFileSync(EXAMPLE, 'utf8').replace(/^# yaml-language-server.*\n#\n/, ''))}`,
    '## The sweep',
    'The grid, and how it is run.',
    tableOf(file),
    ...sectionTexts(file),
    '## Settings of a trial',
    'What determines a result: fixed for the whole sweep, or an axis.',
    tableOf(settings),
    ...sectionTexts(settings),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A map of keys, with every place where an equal one stands. */
interface Section {
  readonly places: readonly string[];
  readonly text: string;
}

function sectionTexts(keys: SettingMap['keys']): readonly string[] {
  const byText = new Map<string, Section>();
  for (const { places, text } of keys.flatMap(sectionsOf)) {
    const before = byText.get(text)?.places ?? [];
    byText.set(text, { places: [...before, ...places], text });
  }
  return [...byText.values()].map(({ places, text }) => `### ${places.join(', ')}\n\n${text}`);
}

/** One for each map that the key's value, or the items of its list, may be, and those of the keys in it. */
function sectionsOf({ path, maps }: SettingDescription): readonly Section[] {
  return maps.flatMap(({ variant, keys }) => [
    { places: [`${code(path)}${variant === null ? '' : ` with ${code(variant)}`}`], text: tableOf(keys) },
    ...keys.flatMap(sectionsOf),
  ]);
}

function tableOf(keys: SettingMap['keys']): string {
  return table(
    ['key', 'allowed', 'default', 'example', 'meaning'],
    keys.map((key) => [
      code(key.path.split('.').at(-1) ?? key.path),
      key.unit === null ? key.allowed : `${key.allowed} (${key.unit})`,
      presetText(key),
      key.examples.map((example) => code(inline(example))).join('<br>'),
      key.description,
    ]),
  );
}

function presetText({ preset, isOptional }: SettingDescription): string {
  if (preset === undefined) return isOptional ? 'none' : '**must be given**';
  return isMap(preset) ? 'the defaults below' : code(inline(preset));
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

/** YAML on one line. */
function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trim();
}
