import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lowPriority, sessionGroup } from '../../services/local-stack/low-priority.ts';

// What only a kernel with session groups can show; `detached` is a session of its own, so that the one of the tests keeps its priority.

const CHILD = fileURLToPath(new URL('./session-priority-child.ts', import.meta.url));

test('a session yields the cores to others and takes its priority back', {
  skip: sessionGroup() === '' ? 'this kernel does not share cores among sessions' : false,
}, async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  assert.deepEqual(JSON.parse(said), { before: 0, meanwhile: 5, after: 0, reasons: [null, null] });
});

test('a service yields by as much as stack.niceness says, and not at all by 0', () => {
  const command = { file: 'node', args: ['main.ts'] };
  assert.deepEqual(lowPriority(command, 0), command);
  assert.deepEqual(lowPriority(command, 7), { file: 'nice', args: ['-n', '7', 'node', 'main.ts'] });
});
