// A trainer process whose start is scripted by LSWEEP_TEST_START: it works in bursts until a file exists, does nothing, computes for ever, or ends.

import { existsSync } from 'node:fs';
import { ENGINE_VERSION } from '../../services/study/plan/engine-version.ts';

const [how = '', file = ''] = (process.env['LSWEEP_TEST_START'] ?? '').split(' ');

function compute(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}
const block = (ms?: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

process.on('disconnect', () => process.exit(0));
switch (how) {
  case 'bursts':
    while (!existsSync(file)) {
      compute(20);
      block(80);
    }
    break;
  case 'nothing':
    block();
    break;
  case 'for-ever':
    for (;;) compute(1_000);
  case 'ends':
    process.stderr.write('libcudart.so.13: cannot open shared object file\n');
    process.exit(127);
}
process.send?.({ kind: 'ready', pid: process.pid, engineVersion: ENGINE_VERSION });
