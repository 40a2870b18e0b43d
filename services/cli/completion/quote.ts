// Text as one word of bash or zsh.

/** In single quotes, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
