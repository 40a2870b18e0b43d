// Started in a session of its own: lowers its priority, then gives it back, and tells what it was meanwhile.

import { sessionNiceness, yieldSession } from '../../services/local-stack/low-priority.ts';

const before = sessionNiceness();
const reasons = [yieldSession(5)];
const meanwhile = sessionNiceness();
// the kernel lets others than root change it ten times a second
await new Promise((resolve) => setTimeout(resolve, 200));
reasons.push(yieldSession(before));
process.stdout.write(JSON.stringify({ before, meanwhile, after: sessionNiceness(), reasons }));
