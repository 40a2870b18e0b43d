// The border of emission.
export { emitModel, usedInputs } from './emit.ts';
