// How to start a process of the simulated trainer; it speaks the protocol of the real one (services/trainer/jobs/protocol.ts).

import { programEntry } from '../../program/index.ts';

/** Absolute path of its entry; Node's arguments are those of the real trainer. */
export const simulateEntry = programEntry('./main', import.meta.url).path;
