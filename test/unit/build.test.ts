import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, isBuildFresh } from '../../infra/build/index.mjs';
import { programEntry } from '../../services/program/index.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** A checkout with the least that a build needs. */
function checkout(t: TestContext): { readonly root: string; readonly write: (path: string, text: string) => void } {
  const root = mkdtempSync(join(tmpdir(), 'lsweep-build-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
  write('package.json', JSON.stringify({ name: 'small', version: '1.2.3', type: 'module', dependencies: {} }));
  write('package-lock.json', '{}');
  write('infra/build/build.mjs', '');
  write('workflows/index.ts', 'export const one: number = 1;\n');
  write(
    'services/orchestrator/workflow-bundle.ts',
    'let n = 0; export const makeBundle = async (): Promise<string> => `bundle ${++n}`;\n',
  );
  write('services/cli/greeting.ts', "export const greeting: string = 'good morning';\n");
  write(
    'services/cli/main.ts',
    "import { readFileSync } from 'node:fs';\nimport { greeting } from './greeting.ts';\n" +
      "const asset = readFileSync(new URL('./data/asset.json', import.meta.url), 'utf8');\n" +
      "const { late } = await import('../late/index.ts');\nconsole.log(greeting, asset, late);\n",
  );
  write('services/cli/data/asset.json', '"asset"');
  write('services/late/index.ts', "export const late = 'late' satisfies string;\n");
  write('services/cli/README.md', 'not built');
  return { root, write };
}

const run = (root: string): string =>
  execFileSync(process.execPath, [join(root, 'dist/services/cli/main.js')], { encoding: 'utf8' }).trim();

test('a build runs without its sources, with what it reads beside it and the version of the project', async (t) => {
  const { root } = checkout(t);
  await build(root);
  for (const folder of ['services', 'workflows', 'infra']) rmSync(join(root, folder), { recursive: true });
  assert.equal(run(root), 'good morning "asset" late');
  const { version } = JSON.parse(readFileSync(join(root, 'dist/package.json'), 'utf8')) as { version: string };
  assert.equal(version, '1.2.3');
  assert.equal(readFileSync(join(root, 'dist/workflow-bundle.js'), 'utf8'), 'bundle 1');
  assert.equal(existsSync(join(root, 'dist/services/cli/README.md')), false);
});

test('a build is fresh until a source changes, comes or goes, and makes only that anew', async (t) => {
  const { root, write } = checkout(t);
  assert.equal(isBuildFresh(root), false);
  await build(root);
  assert.equal(isBuildFresh(root), true);
  const untouched = join(root, 'dist/services/late/index.js');
  utimesSync(untouched, 1, 1);

  write('services/cli/greeting.ts', "export const greeting: string = 'good evening';\n");
  assert.equal(isBuildFresh(root), false);
  assert.equal(await build(root), 1);
  assert.equal(isBuildFresh(root), true);
  assert.equal(run(root), 'good evening "asset" late');

  write('services/cli/new.ts', 'export {};\n');
  assert.equal(isBuildFresh(root), false);
  await build(root);
  rmSync(join(root, 'services/cli/new.ts'));
  assert.equal(isBuildFresh(root), false);
  await build(root);
  assert.equal(existsSync(join(root, 'dist/services/cli/new.js')), false);
  assert.equal(statSync(untouched).mtimeMs, 1_000);
});

test('an interrupted build is not taken for one, and the next completes it', async (t) => {
  const { root, write } = checkout(t);
  const bundle = 'export const makeBundle = async () => { ';
  write('services/orchestrator/workflow-bundle.ts', `${bundle} throw new Error('no bundle'); };\n`);
  await assert.rejects(build(root), /no bundle/);
  assert.equal(isBuildFresh(root), false);
  write('services/orchestrator/workflow-bundle.ts', `${bundle} return 'whole'; };\n`);
  // a process has each module once, so the next build is another process
  const script = `const { build } = await import(${JSON.stringify(new URL('../../infra/build/index.mjs', import.meta.url).href)}); await build(${JSON.stringify(root)});`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script]);
  assert.equal(isBuildFresh(root), true);
  assert.equal(readFileSync(join(root, 'dist/workflow-bundle.js'), 'utf8'), 'whole');
});

test('a process of the program runs from where its parent does', () => {
  const source = programEntry('./main', pathToFileURL('/p/services/a/entry.ts').href);
  assert.equal(source.path, '/p/services/a/main.ts');
  assert.equal(source.execArgv[0], '--import');
  const compiled = programEntry('./main', pathToFileURL('/p/dist/services/a/entry.js').href);
  assert.deepEqual(compiled, { path: '/p/dist/services/a/main.js', execArgv: [] });
});
