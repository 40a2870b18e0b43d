// The border of emission.
export { emitModel, reachable, usedInputs } from './emit.ts';
