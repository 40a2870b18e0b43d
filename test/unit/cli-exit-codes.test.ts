// Exit codes and messages of the real command line where nothing is up.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildProgram } from '../../services/cli/index.ts';
import { jsonOf, runCli } from './cli-child.ts';

const cwd = mkdtempSync(join(tmpdir(), 'lsweep-cli-'));
after(() => rmSync(cwd, { recursive: true }));
const lsweep = (...args: string[]) => runCli(args, { cwd });

test('help and version end with 0, and help documents the exit codes', async () => {
  const [help, version, command, ofOne] = await Promise.all([
    lsweep('--help'),
    lsweep('--version'),
    lsweep('help'),
    lsweep('help', 'ls'),
  ]);
  assert.deepEqual([help.code, version.code, command.code, ofOne.code], [0, 0, 0, 0]);
  for (const code of ['0', '1', '2', '3', '4', '130']) assert.match(help.stdout, new RegExp(`^ {2}${code} +\\S`, 'm'));
  assert.match(version.stdout, /^[0-9]+\.[0-9]+\.[0-9]+\n$/);
});

test('the help of every command has an example', async () => {
  const { commands } = await buildProgram([]);
  assert.ok(commands.length >= 18);
  for (const command of commands) {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
    const examples = text.slice(text.search(/Examples?:/));
    assert.match(examples, new RegExp(`lsweep (--json )?${command.name()}`), command.name());
  }
});

test('a command is loaded without the others, and each is found by its name', async () => {
  const { commands } = await buildProgram([]);
  for (const name of commands.map((command) => command.name())) {
    const alone = (await buildProgram(['--dir', 'up', '--json', name])).commands.map((command) => command.name());
    assert.ok(alone.includes(name) && alone.length < commands.length / 2, `${name}: ${alone.join(' ')}`);
  }
  assert.deepEqual((await buildProgram(['--version'])).commands, []);
});

test('the version is told without the packages that commands need', async () => {
  const hook = `import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(\`export async function load(url, context, next) {
      process._rawDebug('loads ' + url);
      return next(url, context);
    }\`));`;
  const { code, stderr } = await runCli(['--version'], {
    cwd,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` },
  });
  assert.equal(code, 0);
  const loaded = [...stderr.matchAll(/loads file:.*node_modules\/([^/\n]+)/g)].map(([, name]) => name);
  assert.ok(loaded.includes('commander'), stderr);
  assert.deepEqual(
    [...new Set(loaded)].filter((name) => !['commander', 'tsx', 'esbuild'].includes(String(name))),
    [],
  );
});

test('wrong usage ends with 2 and names the nearest command', async () => {
  const [unknown, missing, none, both, number] = await Promise.all([
    lsweep('shwo'),
    lsweep('show'),
    lsweep(),
    lsweep('--json', 'sql', '--csv', 'select 1'),
    lsweep('logs', '-n', 'many'),
  ]);
  assert.deepEqual(
    [unknown, missing, none, both, number].map(({ code }) => code),
    [2, 2, 2, 2, 2],
  );
  assert.match(unknown.stderr, /unknown command 'shwo'\n\(Did you mean show\?\)/);
  assert.match(both.stderr, /exclude each other/);
});

test('a sweep file that is not there or is wrong ends with 2, file and line named', async () => {
  const path = join(cwd, 'wrong.yaml');
  writeFileSync(path, 'name: wrong\nmodle: { family: gpt2, layers: 1, width: 8, heads: 1 }\n');
  const [absent, wrong] = await Promise.all([lsweep('run', 'absent.yaml'), lsweep('start', path)]);
  assert.deepEqual([absent.code, wrong.code], [2, 2]);
  assert.match(absent.stderr, /no such file/i);
  assert.match(wrong.stderr, /wrong\.yaml:2: modle .*model/s);
});

test('a stack that is not up ends with 3 and says what to do, as JSON too', async () => {
  const [pause, ls, follow, json] = await Promise.all([
    lsweep('pause', 's'),
    lsweep('ls'),
    lsweep('follow', 's'),
    lsweep('--json', 'ls'),
  ]);
  assert.deepEqual([pause.code, ls.code, follow.code, json.code], [3, 3, 3, 3]);
  for (const { stderr } of [pause, ls, follow]) assert.match(stderr, /lsweep up/);
  const { error } = jsonOf<{ readonly error: { readonly code: string } }>(json.stderr);
  assert.equal(error.code, 'STORE_UNREACHABLE');
  assert.equal(json.stdout, '');
});

test('run and start without a stack are refused with --no-up', async () => {
  const file = fileURLToPath(new URL('../../infra/sweeps/quickstart.yaml', import.meta.url));
  const [run, start] = await Promise.all([lsweep('run', '--no-up', file), lsweep('start', file, '--no-up')]);
  for (const { code, stderr, stdout } of [run, start]) {
    assert.equal(code, 3);
    assert.match(stderr, /STORE_UNREACHABLE: the local stack in .* is not up/);
    assert.doesNotMatch(stdout, /Bringing/);
  }
});

test('a configuration that is refused shows no stack, however it is wrong', async () => {
  const urls = ['postgres://u:100%@127.0.0.1:1/db', 'postgres://u:p@127.0.0.1:notaport/db', 'http://x'];
  const ends = await Promise.all(urls.map((url) => runCli(['ls'], { cwd, env: { LSWEEP_POSTGRES_URL: url } })));
  for (const { code, stderr } of ends) {
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^CONFIG_INVALID: /);
    assert.doesNotMatch(stderr, /^\s+at /m);
  }
});

test('a full disk behind stdout is told, and a reader that has enough is no failure', async () => {
  const cli = fileURLToPath(new URL('../../services/cli/lsweep.mjs', import.meta.url));
  const shell = (script: string) =>
    promisify(execFile)('bash', ['-c', script, 'bash', process.execPath, cli]).then(
      () => ({ code: 0, stderr: '' }),
      (error: unknown) => error as { readonly code: number; readonly stderr: string },
    );
  const [full, enough] = await Promise.all([
    shell('"$1" "$2" help > /dev/full'),
    shell('set -o pipefail; "$1" "$2" help | head -c 1 > /dev/null'),
  ]);
  assert.equal(full.code, 1);
  assert.match(full.stderr, /^DISK_FULL: [^\n]*\n[^\n]*\n$/);
  assert.deepEqual(enough, { code: 0, stderr: '' });
});

test('a Postgres or a Temporal that does not answer ends with 3 and is named, its password is not', async () => {
  const port = await closedPort();
  const env = {
    LSWEEP_POSTGRES_URL: `postgres://me:secret@127.0.0.1:${port}/db`,
    LSWEEP_TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
  };
  const [ls, resume] = await Promise.all([runCli(['ls'], { cwd, env }), runCli(['resume', 's'], { cwd, env })]);
  assert.deepEqual([ls.code, resume.code], [3, 3]);
  assert.match(ls.stderr, new RegExp(`STORE_UNREACHABLE: Postgres at 127\\.0\\.0\\.1:${port}/db does not answer`));
  assert.match(resume.stderr, new RegExp(`TEMPORAL_UNREACHABLE: Temporal at 127\\.0\\.0\\.1:${port}`));
  assert.doesNotMatch(ls.stderr + resume.stderr, /secret/);
});

test('logs of a stack that was never started are refused, and so is an unknown configuration key', async () => {
  const [logs, config] = await Promise.all([
    lsweep('logs'),
    runCli(['ls'], { cwd, env: { LSWEEP_POSTGRES_ULR: 'x' } }),
  ]);
  assert.equal(logs.code, 1);
  assert.match(logs.stderr, /no stack was ever started/);
  assert.equal(config.code, 2);
  assert.match(config.stderr, /LSWEEP_POSTGRES_URL/);
});

function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
