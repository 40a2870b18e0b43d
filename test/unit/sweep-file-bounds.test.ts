// Sweep files that ask for more than anybody can run, and YAML that only looks like a sweep file: refused at once, with line and limit.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { loadConfig } from '../../services/config/index.ts';
import { readYaml } from '../../services/study/yaml/yaml-source.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'sweep-bounds-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'sweep.yaml');

const HEAD = `name: bounds
model: { family: gpt2, layers: 1, width: 16, heads: 2, context: 96 }
tokenizer: bytes
task: { name: countdown, operands: 2, train: 64, valid: 8, test: 8 }
base: { steps: 2, batch: 4, sequence: 48, warmupSteps: 0 }
train: &t { stepsPerStage: 2 }
systems: [no_cot]
`;

/** `line: sentence` of each problem. */
function problemsOf(content: string | Uint8Array): readonly string[] {
  writeFileSync(path, content);
  try {
    readSweepFile(path);
    return [];
  } catch (error) {
    assert.ok(error instanceof LatentSweepError && error.code === 'SPEC_INVALID', String(error));
    const [, ...lines] = error.message.split('\n');
    return lines.map((line) => line.replace(`${path}:`, ''));
  }
}

test('what is wrong several times in one line is told once', () => {
  const axes = 'axes: { train.lr: [0.1, 0.1, 0.1, 1e-1] }\n';
  assert.deepEqual(problemsOf(`${HEAD}${axes}`), ['8: axes.train.lr has the value 0.1 twice']);
});

test('a whole number that YAML would read as another one is named as it is written', () => {
  const allowed = 'allowed: whole numbers up to 9007199254740991 (2^53 - 1), or a text in quotes';
  assert.deepEqual(problemsOf(`${HEAD}seeds: [1, 9007199254740993]\n`), [
    `8: seeds.1: 9007199254740993 is read as 9007199254740992; ${allowed}`,
  ]);
  assert.deepEqual(
    problemsOf(
      `${HEAD.replace('steps: 2', 'steps: 2, seed: -12345678901234567890')}include: [{ train.lr: 0x20000000000001 }]\n`,
    ),
    [
      `5: base.seed: -12345678901234567890 is read as -12345678901234567000; ${allowed}`,
      `8: include.0.train.lr: 0x20000000000001 is read as 9007199254740992; ${allowed}`,
    ],
  );
  assert.deepEqual(problemsOf(`${HEAD}seeds: [18446744073709551616]\n`), [
    `8: seeds.0: 18446744073709551616 is read as 18446744073709552000; ${allowed}`,
  ]);
  const [huge = ''] = problemsOf(`${HEAD}seeds: ${'9'.repeat(400)}\n`);
  assert.ok(huge.startsWith(`8: seeds: ${'9'.repeat(80)} is read as Infinity`), huge);
  // held exactly, and no whole number of the schema all the same
  assert.deepEqual(problemsOf(`${HEAD}seeds: [9007199254740992]\n`), [
    '8: seeds.0: 9007199254740992 is not allowed; allowed: a whole number >= 0, up to 9007199254740991 (2^53 - 1)',
  ]);
  assert.deepEqual(problemsOf(`${HEAD}seeds: [9007199254740991]\n`), []);
  assert.deepEqual(problemsOf(`${HEAD}description: "9007199254740993"\n`), []);
});

const numbers = (count: number): string => Array.from({ length: count }, (_, index) => index + 1).join(', ');
/** Each list of ten or nine of the one before. */
const nested = (levels: number, each: number): string =>
  Array.from({ length: levels }, (_, level) => {
    const inside = Array.from({ length: each }, () => (level === 0 ? 'x' : `*a${level - 1}`)).join(',');
    return `a${level}: &a${level} [${inside}]\n`;
  }).join('');
const merges = (levels: number): string =>
  Array.from({ length: levels }, (_, n) =>
    n === 0 ? 'm0: &m0 {a: 1}\n' : `m${n}: &m${n} {<<: [*m${n - 1}, *m${n - 1}], k${n}: *m${n - 1}}\n`,
  ).join('');

test('a grid that nobody can run is refused with its cells and the limit, before a point is made', () => {
  assert.deepEqual(
    problemsOf(`${HEAD}seeds: 10000\naxes:\n  train.lr: [${numbers(2_000)}]\n  train.batch: [${numbers(2_000)}]\n`),
    [
      '9: axes make 40000000000 cells (system 1 x train.lr 2000 x train.batch 2000 x seeds 10000); allowed: at most 1000000 in a sweep',
    ],
  );
  const many = `axes: {${Array.from({ length: 40 }, (_, n) => `k${n}: [1, 2, 3]`).join(', ')}}`;
  assert.ok(problemsOf(`${HEAD}${many}\n`).length > 0);
  const included = Array.from({ length: 300 }, () => '  - { train.clip: 1 }\n').join('');
  const [problem = ''] = problemsOf(`${HEAD}seeds: 3\naxes:\n  train.lr: [${numbers(2_000)}]\ninclude:\n${included}`);
  assert.match(problem, /^9: axes make 1806000 cells \(system 1 x train.lr 2000 x seeds 3 and include\)/);
});

test('an axis longer than the limit, and one that is no list, are told what is allowed', () => {
  assert.match(
    problemsOf(`${HEAD}axes:\n  train.lr: [${numbers(10_001)}]\n`).join('\n'),
    /^9: axes\.train\.lr: .*allowed: a list of at least 1 and at most 10000$/,
  );
  assert.deepEqual(problemsOf(`${HEAD}axes:\n  train.lr: { from: 1, to: 3 }\n`), [
    '9: axes.train.lr: {"from":1,"to":3} is not allowed; allowed: a list of at least 1 and at most 10000',
  ]);
  assert.deepEqual(problemsOf(`${HEAD}axes:\n  train.lr: []\n`), [
    '9: axes.train.lr: [] is not allowed; allowed: a list of at least 1 and at most 10000',
  ]);
});

test('exclusions that would be compared for hours are refused', () => {
  const excluded = Array.from({ length: 2_000 }, () => '  - { train.lr: 1 }\n').join('');
  const axes = `axes:\n  train.lr: [${numbers(1_000)}]\n  train.batch: [${numbers(900)}]\nseeds: 1\nexclude:\n${excluded}`;
  assert.match(problemsOf(`${HEAD}${axes}`).join('\n'), /^12: exclude has 2000 partial points for 900000 points/);
});

test('an alias without an anchor, or inside of its own, is told with its line and name', () => {
  assert.deepEqual(problemsOf(`${HEAD}seeds: *s\n`), ['8: *s has no anchor &s before it']);
  assert.deepEqual(problemsOf(`${HEAD}seeds: &s [1, *s]\n`), ['8: *s stands inside of what &s marks']);
  assert.deepEqual(problemsOf(`${HEAD}seeds: *later\nwidth: &later 3\n`), ['8: *later has no anchor &later before it']);
});

test('aliases and merges that stand for more than anybody means are refused where the limit is passed', () => {
  for (const [bomb, line] of [
    [nested(10, 10), 6],
    [nested(7, 9), 7],
    [nested(30, 9), 7],
    [merges(60), 12],
  ] as const)
    assert.deepEqual(problemsOf(bomb), [
      `${line}: aliases (*) up to here stand for more than 1000000 values; allowed: at most so many in a file`,
    ]);
});

test('merges of what is no map are told', () => {
  const merge = '8: << merges maps; allowed: a map, *name of one, or a list';
  for (const value of ['3', '*n', '[*t, 3]', '']) {
    const marked = HEAD.replace('name: bounds', 'name: &n bounds');
    assert.deepEqual(problemsOf(`${marked}retries: { <<: ${value} }\n`), [merge], value);
  }
});

test('a key that is a list is told', () => {
  assert.deepEqual(problemsOf(`${HEAD}? [a, b]\n: 1\n`), ['8: a key is a list or map; allowed: a text']);
});

test('150 honest merges are planned', () => {
  const points = Array.from({ length: 150 }, (_, n) => `  - { train: { <<: *t, lr: ${n + 1}.0e-6 } }\n`).join('');
  assert.deepEqual(problemsOf(`${HEAD}seeds: 1\ninclude:\n${points}`), []);
  // with the point of the grid 151, one of which has the usual rate
  assert.equal(readSweepFile(path).cells, 150);
});

test('two documents, other encodings, depth and size are told as such', () => {
  assert.deepEqual(problemsOf(`${HEAD}---\n${HEAD}`), ['8: a second document begins; allowed: one document in a file']);
  const utf16 = /^1: the file is not UTF-8 text \(UTF-16, or no text at all\); allowed: UTF-8$/;
  assert.match(problemsOf(Buffer.from(`\u{feff}${HEAD}`, 'utf16le')).join('\n'), utf16);
  assert.match(problemsOf(Buffer.from(HEAD, 'utf16le')).join('\n'), utf16);
  assert.match(problemsOf(Uint8Array.of(0x6e, 0x3a, 0xe9)).join('\n'), utf16);
  assert.deepEqual(problemsOf(`\u{feff}${HEAD.replaceAll('\n', '\r\n')}`), []);
  const deep = /^8: lists and maps are nested more than 64 levels deep$/;
  assert.match(problemsOf(`${HEAD}seeds: ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`).join('\n'), deep);
  const steps = Array.from({ length: 70 }, (_, level) => `${' '.repeat(level + 1)}- a:\n`).join('');
  assert.match(problemsOf(`${HEAD}axes:\n${steps}`).join('\n'), /levels deep$/);
  assert.match(problemsOf(`${HEAD}# ${'x'.repeat(5 << 20)}\n`).join('\n'), /^1: the file has more than 4194304 bytes/);
  assert.match(problemsOf('').join('\n'), /^1: the file/);
});

test('a tag that is not known is a fault, not a warning that nobody sees', () => {
  assert.match(problemsOf(`${HEAD}seeds: !python/object 3\n`).join('\n'), /^8: Unresolved tag: !python\/object$/);
});

test('what keys and values hold does not reach the terminal as commands, and is cut', () => {
  const [problem = ''] = problemsOf(`${HEAD}"\\e[31mkey\\u202e${'k'.repeat(900)}": 1\n`);
  assert.match(problem, /^8: \\u001b\[31mkey\\u202ek{900} is an unknown key; allowed: .*\.\.\.$/);
  assert.ok(problem.length < 1_100);
});

test('thousands of problems are listed up to fifty', () => {
  const problems = problemsOf(`${HEAD}include: [${Array.from({ length: 5_000 }, () => '1').join(', ')}]\n`);
  assert.equal(problems.length, 51);
  assert.match(problems.at(-1) ?? '', /^\.\.\. and \d+ more$/);
});

test('whatever the bytes are, reading them ends with data or with faults', () => {
  const pieces = fc.array(
    fc.constantFrom(
      'a: ',
      '&a ',
      '*a',
      '<<: ',
      '[',
      ']',
      '{',
      '}',
      '- ',
      '\n',
      '  ',
      '? ',
      '!!',
      '|',
      '"',
      "'",
      '---',
      '%',
      '\t',
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(pieces, (text) => {
      const read = readYaml(Buffer.from(text.join('')));
      assert.ok(read.kind === 'ok' || read.faults.every(({ line, sentence }) => line >= 1 && sentence !== ''));
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      readYaml(bytes);
    }),
  );
});

test('lsweep.yaml goes through the same reading', () => {
  const refused = (content: string | Uint8Array, message: RegExp): void => {
    writeFileSync(join(folder, 'lsweep.yaml'), content);
    assert.throws(() => loadConfig({ dir: folder, environment: {} }), { code: 'CONFIG_INVALID', message });
  };
  refused('log: *l\n', /lsweep\.yaml line 1: \*l has no anchor &l before it/);
  refused(nested(10, 10), /lsweep\.yaml line 6: aliases/);
  refused('log: { level: info }\n---\nlog: {}\n', /lsweep\.yaml line 2: a second document begins/);
  refused(Buffer.from('log: { level: info }\n', 'utf16le'), /lsweep\.yaml line 1: the file is not UTF-8/);
  refused(`log: ${'['.repeat(9_000)}`, /lsweep\.yaml line 1: lists and maps are nested/);
  writeFileSync(join(folder, 'lsweep.yaml'), '\u{feff}log: { level: warn }\r\n');
  assert.equal(loadConfig({ dir: folder, environment: {} }).log.level, 'warn');
});

test('what has no end is refused as too long, and what is no file says why', {
  skip: process.platform !== 'linux',
}, () => {
  // in a process of its own: reading to the end would never come back
  const program =
    "const { readSweepFile } = await import('./services/sweep-file/index.ts'); readSweepFile('/dev/zero')";
  const { signal, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(signal, null);
  assert.match(stderr, /SPEC_INVALID: .*\/dev\/zero:1: the file has more than 4194304 bytes/s);
  assert.throws(() => readSweepFile(folder), { code: 'SPEC_INVALID', message: /cannot read the sweep file .*EISDIR/ });
});

test('a number that is none is shown as it is', () => {
  assert.match(
    problemsOf(`${HEAD}seeds: [1, .nan, -.inf]\n`).join('\n'),
    /seeds\.1: NaN is not[^]*seeds\.2: -Infinity is not/,
  );
});
