// The border of the text files.
export { type DataFile, readDataFile } from './data-file.ts';
export { parseJsonFile } from './json-file.ts';
export { MOST_PIECE_BYTES, splitText } from './split-text.ts';
export { textChunks } from './text-chunks.ts';
