// Whether the threads of a trainer may spin while they wait for work. Spinning saves the wake-up of a thread at every operator, but takes
// a whole core: with more threads than cores a step took five times as long, so it is for whoever counts the trainers of a machine to say.

/** Of one machine: equal trainers that run at a time, threads of each, and cores that this process may use. */
export interface CoreUse {
  readonly trainers: number;
  readonly threads: number;
  readonly cores: number;
}

/** A single thread waits for nobody, so it has nothing to gain. */
export function haveExclusiveCores({ trainers, threads, cores }: CoreUse): boolean {
  return threads > 1 && trainers * threads <= cores;
}
