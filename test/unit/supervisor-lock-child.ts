// Takes a stack lock on request and says whether it got it. Argument: the lock's path.

import { takeStackLock } from '../../services/local-stack/stack-lock.ts';

const [lock = ''] = process.argv.slice(2);
process.on('message', () => process.send?.(takeStackLock(lock, 'supervisor') === null ? 'mine' : 'taken'));
process.on('disconnect', () => process.exit(0));
process.send?.('here');
