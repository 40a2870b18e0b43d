import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { install, isInstalled, withInstallLock } from '../../infra/install/index.mjs';

let root: string;
const execpath = process.env['npm_execpath'];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lsweep-dependencies-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  if (execpath === undefined) delete process.env['npm_execpath'];
  else process.env['npm_execpath'] = execpath;
});

type Packages = Readonly<
  Record<
    string,
    { readonly version?: string; readonly integrity?: string; readonly optional?: boolean; readonly dev?: boolean }
  >
>;
const wanted: Packages = {
  '': {},
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-o', optional: true },
};
const lock = (packages: Packages): void => writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
const record = (packages: Packages): void => {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
};

describe('whether the packages are installed', () => {
  beforeEach(() => lock(wanted));

  it('is no in a fresh clone and after an interrupted installation', () => {
    assert.equal(isInstalled(root, 'develop'), false);
    mkdirSync(join(root, 'node_modules', 'a'), { recursive: true });
    assert.equal(isInstalled(root, 'develop'), false);
  });

  it('is yes when npm recorded what the lock file says, without the packages of other platforms', () => {
    record({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } });
    assert.equal(isInstalled(root, 'develop'), true);
  });

  it('is no when the lock file changed, and when something is there that it does not name', () => {
    record({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } });
    assert.equal(isInstalled(root, 'develop'), true);
    lock({ ...wanted, 'node_modules/a': { version: '1.1.0', integrity: 'sha512-b' } });
    assert.equal(isInstalled(root, 'develop'), false);
    lock({ '': {} });
    assert.equal(isInstalled(root, 'develop'), false);
  });

  it('is yes for running without the development packages, and no for developing', () => {
    lock({ ...wanted, 'node_modules/tool': { version: '1.0.0', integrity: 'sha512-t', dev: true } });
    record({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } });
    assert.equal(isInstalled(root, 'run'), true);
    assert.equal(isInstalled(root, 'develop'), false);
    record({
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
      'node_modules/tool': { version: '1.0.0', integrity: 'sha512-t' },
    });
    assert.equal(isInstalled(root, 'develop'), true);
    assert.equal(isInstalled(root, 'run'), true);
  });

  it('is no when a needed package is missing', () => {
    record({ 'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-o', optional: true } });
    assert.equal(isInstalled(root, 'develop'), false);
  });
});

describe('npm ci', () => {
  /** A stand-in for npm that writes down what it was asked. */
  function fakeNpm(end: string): void {
    const file = join(root, 'npm-cli.js');
    writeFileSync(
      file,
      `const fs = require('node:fs'); fs.mkdirSync('node_modules', { recursive: true });
       fs.writeFileSync('asked.json', JSON.stringify(process.argv.slice(2))); ${end}`,
    );
    process.env['npm_execpath'] = file;
  }

  it('runs with development packages and is not needed afterwards', async () => {
    lock(wanted);
    fakeNpm('');
    await install(root, join(root, 'log'), 'develop');
    const asked: unknown = JSON.parse(readFileSync(join(root, 'asked.json'), 'utf8'));
    assert.ok(Array.isArray(asked) && asked[0] === 'ci' && asked.includes('--include=dev'), String(asked));
    assert.equal(isInstalled(root, 'develop'), true);
    lock({ ...wanted, 'node_modules/b': { version: '2.0.0', integrity: 'sha512-b' } });
    assert.equal(isInstalled(root, 'develop'), false);
  });

  it('to run the program leaves development packages out, and developing needs another one', async () => {
    lock(wanted);
    fakeNpm('');
    await install(root, join(root, 'log'), 'run');
    const asked: unknown = JSON.parse(readFileSync(join(root, 'asked.json'), 'utf8'));
    assert.ok(Array.isArray(asked) && asked[0] === 'ci' && asked.includes('--omit=dev'), String(asked));
    assert.equal(isInstalled(root, 'run'), true);
    assert.equal(isInstalled(root, 'develop'), false);
  });

  it('that fails shows the end of its log and counts as not done', async () => {
    lock(wanted);
    fakeNpm("console.error('npm error code ENOTFOUND'); process.exit(1);");
    await assert.rejects(
      install(root, join(root, 'log'), 'develop'),
      /ended with 1; the end of [^]*npm error code ENOTFOUND/,
    );
    assert.equal(isInstalled(root, 'develop'), false);
  });
});

describe('one installation at a time', () => {
  it('waits for the one at work, and says so', async () => {
    const file = join(root, 'install.lock');
    const notes: string[] = [];
    const order: string[] = [];
    let release = (): void => undefined;
    const first = withInstallLock(
      file,
      () =>
        new Promise<void>((resolve) => {
          release = () => {
            order.push('first');
            resolve();
          };
        }),
      (text) => void notes.push(text),
    );
    const second = withInstallLock(
      file,
      () => Promise.resolve(void order.push('second')),
      (text) => {
        notes.push(text);
        release();
      },
    );
    await Promise.all([first, second]);
    assert.deepEqual(order, ['first', 'second']);
    assert.match(notes.join(), /another installation \(pid \d+\) is at work/);
    assert.equal(existsSync(file), false);
  });

  it('takes over from one that was killed', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    const file = join(root, 'install.lock');
    writeFileSync(file, String(child.pid));
    assert.equal(await withInstallLock(file, () => Promise.resolve('done'), assert.fail), 'done');
  });
});
