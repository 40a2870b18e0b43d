// Breaks plain text into lines at spaces; a word longer than a line stands on one of its own, since commands and addresses are copied whole.

/** @param width columns of the terminal @param indent of the first line @param rest of the further lines; two more than `indent` if not given */
export function wrapText(text: string, width: number, indent: string, rest = `${indent}  `): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
