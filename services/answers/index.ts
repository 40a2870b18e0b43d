// Answers to queries in the forms that programs read, for command line and dashboard.

export { type Cell, cellOf, finiteOrText } from './cell.ts';
export { csvChunks } from './csv.ts';
