// Every document that the repository speaks of is in it: cited sections exist, links resolve, anchors are headings. A comment that cites
// what nobody can open explains nothing.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const TEXT = /\.(md|ts|mts|mjs|js|json|jsonc|py|sql|proto|ya?ml|c|h|sh)$|\.ci\/run$/;
/** Made by others or for others: generated code, lock files, expected outputs. */
const NOT_OURS =
  /^(services\/gen\/|proto\/onnx\/|package-lock\.json$)|\/(fixtures|histories|expected)\/|\/results\/.*\.json$/;
/** This file has citations that lead nowhere on purpose. */
const OWN = 'test/unit/docs-citations.test.ts';

/** Tracked files, and new ones that git does not ignore. */
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((file) => TEXT.test(file) && !NOT_OURS.test(file) && file !== OWN && existsSync(join(ROOT, file)));

interface Document {
  /** GitHub's names of its headings. */
  readonly anchors: ReadonlySet<string>;
  /** `3`, `6.1`, `8a`: numbers that headings begin with. */
  readonly sections: ReadonlySet<string>;
  /** Numbers of list items under each section. */
  readonly items: ReadonlyMap<string, ReadonlySet<string>>;
}

const documents = new Map<string, Document>();

function documentOf(file: string): Document {
  const known = documents.get(file);
  if (known !== undefined) return known;
  const document = parse(readFileSync(join(ROOT, file), 'utf8'));
  documents.set(file, document);
  return document;
}

function parse(text: string): Document {
  const anchors = new Set<string>();
  const sections = new Set<string>();
  const items = new Map<string, Set<string>>();
  let section = '';
  for (const line of withoutFences(text).split('\n')) {
    const heading = /^#{1,6} +(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) {
      const item = /^(\d+)\. /.exec(line)?.[1];
      if (item !== undefined) items.set(section, (items.get(section) ?? new Set()).add(item));
      continue;
    }
    const slug = slugOf(heading);
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy++) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
    section = /^(\d+[a-z]?(?:\.\d+)*)\.? /.exec(heading)?.[1] ?? '';
    if (section !== '') sections.add(section);
  }
  return { anchors, sections, items };
}

const withoutFences = (text: string): string => text.replace(/^ *(```|~~~)[\s\S]*?^ *\1 *$/gm, '');

/** As GitHub does: lower case, marks and punctuation away, spaces to dashes. */
const slugOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/** A citation may go on in the next line of a comment. */
const joined = (text: string): string => text.replace(/[ \t]*\r?\n[ \t]*(?:\/\/+|\*|#|--)?[ \t]*/g, ' ');

/** What is wrong with the citations of one file. */
function citationFaults(file: string, text: string): readonly string[] {
  const faults: string[] = [];
  const prose = joined(text).replace(/\[[^\]]*\]\([^)]*\)/g, '');
  for (const { 0: whole, 1: path = '', 2: rest = '' } of prose.matchAll(
    /(?<![\w/.-])((?:[\w.-]+\/)*[\w-]+\.md)( sections? \d[\d.a-z]*(?:(?:, | and |, and | to )\d[\d.a-z]*)*(?:, (?:point|rule)s? \d+)?)?/g,
  )) {
    const target = [path, join(dirname(file), path)].find((one) => existsSync(join(ROOT, one)));
    if (target === undefined) {
      if (path.startsWith('dist/')) continue;
      faults.push(`${file}: ${path} is not in the repository`);
      continue;
    }
    if (rest === '') continue;
    const { sections, items } = documentOf(normalize(target));
    const [numbers = '', item] = rest.split(/, (?:point|rule)s? /);
    const cited = [...numbers.matchAll(/\d+[a-z]?(?:\.\d+)*/g)].map(([number]) => number);
    for (const number of cited) if (!sections.has(number)) faults.push(`${file}: ${whole}: no section ${number}`);
    const last = cited.at(-1) ?? '';
    if (item !== undefined && items.get(last)?.has(item) !== true)
      faults.push(`${file}: ${whole}: section ${last} has no item ${item}`);
    if (/\/design\/|^(architecture|study|engine|kernels|temporal|parts|probe|style)\.md/.test(path)) {
      if (!path.startsWith('docs/design/')) faults.push(`${file}: ${path} is cited as docs/design/... everywhere`);
    }
  }
  return faults;
}

/** What is wrong with the links of one Markdown file. */
function linkFaults(file: string, text: string): readonly string[] {
  const faults: string[] = [];
  const prose = withoutFences(text).replace(/`[^`\n]*`/g, '');
  const targets = [
    ...[...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map(([, target = '']) => target),
    ...[...prose.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].map(([, target = '']) => target),
  ];
  for (const target of targets) {
    if (/^[a-z][a-z+.-]*:/i.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const place = path === '' ? file : normalize(join(dirname(file), decodeURIComponent(path)));
    if (!existsSync(join(ROOT, place))) faults.push(`${file}: link ${target} leads nowhere`);
    else if (anchor !== undefined && place.endsWith('.md') && !documentOf(place).anchors.has(anchor))
      faults.push(`${file}: link ${target}: ${place} has no such heading`);
  }
  return faults;
}

test('every document and section that a file cites is in the repository', () => {
  const cited = files.flatMap((file) => citationFaults(file, readFileSync(join(ROOT, file), 'utf8')));
  assert.deepEqual(cited, []);
});

test('every relative link of a page leads to a file, and its anchor to a heading', () => {
  const pages = files.filter((file) => file.endsWith('.md'));
  assert.ok(pages.length > 20);
  assert.deepEqual(
    pages.flatMap((file) => linkFaults(file, readFileSync(join(ROOT, file), 'utf8'))),
    [],
  );
});

test('citations and links that lead nowhere are found', () => {
  const found = (text: string): number => citationFaults('services/x.ts', text).length;
  assert.equal(found('// as docs/design/study.md section 3 says'), 0);
  assert.equal(found('// docs/design/study.md sections 2 and 10; docs/design/probe.md section 6.1'), 0);
  assert.equal(found('// goes on in the next line (docs/design/study.md\n// section 3, point 3)'), 0);
  assert.equal(found('// docs/design/study.md section 99'), 1);
  assert.equal(found('// docs/design/study.md\n * section 99'), 1);
  assert.equal(found('// docs/design/engine.md section 3, rule 99'), 1);
  assert.equal(found('// study.md section 3'), 1);
  assert.equal(found('-- docs/design/absent.md'), 1);
  assert.equal(linkFaults('docs/x.md', '[a](design/study.md#11-defaults) [b](https://example.org/x.md)').length, 0);
  assert.equal(linkFaults('docs/x.md', '[a](design/study.md#no-such) [b](absent.svg)').length, 2);
});
