// The servers of a test run: there for its command, gone with it, also when it is ended by a signal.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SHARED_POSTGRES } from './databases.ts';
import { SHARED_TEMPORAL } from './temporal-server.ts';
import { until } from './until.ts';

const program = fileURLToPath(new URL('../run-with-servers.ts', import.meta.url));
/** Says the addresses and stays. */
const command = `console.log(JSON.stringify([process.env.${SHARED_POSTGRES}, process.env.${SHARED_TEMPORAL}]));
setInterval(() => undefined, 1_000);`;

function answers(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

test('a command finds one Postgres and one Temporal, and a SIGTERM ends it and both', {
  timeout: 600_000,
}, async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', program, process.execPath, '-e', command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('the command runs', () => said.includes('\n') || child.exitCode !== null, 120_000);
  const addresses = JSON.parse(said) as [string, string];
  for (const address of addresses) assert.ok(await answers(address), `${address} answers`);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [130, null]);
  for (const address of addresses) assert.ok(!(await answers(address)), `${address} is gone`);
});
