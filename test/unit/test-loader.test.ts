// The loader of the tests: what Node runs through it is today's source, lines and all, and processes started from there load the same way.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const LOADER = new URL('../loader/load.mjs', import.meta.url).href;
const ENTRY = new URL('../../services/program/entry.ts', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'lsweep-loader-'));
after(() => rmSync(folder, { recursive: true }));

function load(source: string): { readonly stdout: string; readonly stderr: string } {
  const file = join(folder, 'program.ts');
  writeFileSync(file, source);
  return spawnSync(process.execPath, ['--import', LOADER, file], { encoding: 'utf8', cwd: folder });
}

test('a file that has changed is loaded as it is now', () => {
  for (const word of ['before', 'after'])
    assert.equal(load(`const word: string = '${word}';\nconsole.log(word satisfies string);\n`).stdout, `${word}\n`);
});

test('an error names the line of the source', () => {
  const { stderr } = load("interface None {\n  readonly none: null;\n}\n\nthrow new Error('here' as string);\n");
  assert.match(stderr, /program\.ts:5/);
});

test('a process that is started from there loads the sources in the same way', () => {
  const { stdout } = load(`import { programEntry } from '${ENTRY}';
    console.log(JSON.stringify(programEntry('./child', import.meta.url).execArgv));`);
  assert.deepEqual(JSON.parse(stdout), ['--import', LOADER]);
});
