// The border of the command line: the program with all its commands, for whoever runs or documents it.

export { GLOSSARY } from './help/glossary.ts';
export { buildProgram } from './program.ts';
