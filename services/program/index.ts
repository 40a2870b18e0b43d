// The border of the library that starts processes of the program.

export { type ProgramEntry, programEntry } from './entry.ts';
