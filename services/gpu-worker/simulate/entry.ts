// How to start a process of the simulated trainer; it speaks the protocol of the real one (services/trainer/jobs/protocol.ts).

import { fileURLToPath } from 'node:url';

/** Absolute path of its entry; Node's arguments are those of the real trainer. */
export const simulateEntry = fileURLToPath(new URL('./main.ts', import.meta.url));
