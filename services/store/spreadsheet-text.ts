// Text as it may stand in a CSV file. A spreadsheet runs a cell that begins like a formula, and texts come from models and from names that
// people give; OWASP ("CSV Injection") puts a quote before those. Numbers stay numbers, and JSON stays raw.

const FORMULA = /^[=+\-@\t\r＝＋－＠]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** @returns the text, with a single quote in front where a spreadsheet would run it */
export function spreadsheetText(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}
