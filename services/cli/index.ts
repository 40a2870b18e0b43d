// The border of the command line: the program with all its commands, for whoever runs or documents it.

export { buildProgram } from './program.ts';
