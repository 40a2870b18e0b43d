import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nodeCommand } from '../../services/local-stack/node-services.ts';
import { makeStackSecret } from '../../services/local-stack/stack-secret.ts';
import { until } from './until.ts';

// A replica whose Postgres does not answer waits for it, and says so in lines that a person can use.

const dir = mkdtempSync(join(tmpdir(), 'lsweep-patience-'));
const sockets = new Set<Socket>();
/** Accepts and never answers, as behind a firewall or when it is overloaded. */
const silent: Server = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
});
let child: ChildProcess | null = null;
after(async () => {
  if (child !== null && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const socket of sockets) socket.destroy();
  silent.close();
  rmSync(dir, { recursive: true, force: true });
});

test('an orchestrator whose Postgres accepts and never answers tries again, one line with code and advice each time', async () => {
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  makeStackSecret({ stateDir: join(dir, '.lsweep'), dir });
  const { file, args, env } = nodeCommand('services/orchestrator/main', [], {
    ...process.env,
    LSWEEP_DIR: dir,
    LSWEEP_POSTGRES_URL: `postgres://u:hush@127.0.0.1:${port}/db`,
    LSWEEP_TEMPORAL_ADDRESS: '127.0.0.1:1',
  });
  let said = '';
  const orchestrator = spawn(file, [...args], { env, cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  child = orchestrator;
  for (const stream of [orchestrator.stdout, orchestrator.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const lines = (): readonly string[] => said.split('\n').slice(0, -1);
  await until('it has tried twice, or ended', () => lines().length >= 2 || orchestrator.exitCode !== null, 240_000);
  assert.equal(orchestrator.exitCode, null, said);
  for (const line of lines()) {
    const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
    assert.equal(entry['code'], 'STORE_UNREACHABLE', line);
    assert.match(
      String(entry['error']),
      new RegExp(`^STORE_UNREACHABLE: Postgres at 127\\.0\\.0\\.1:${port}/db does not answer`),
    );
    assert.match(String(entry['advice']), /postgres\.url/);
  }
  assert.doesNotMatch(said, /hush|\n\s+at /);
});
