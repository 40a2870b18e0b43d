// The border of emission.
export { emitModel, emittedFrom, reachable, usedInputs } from './emit.ts';
