// Text of others (names, logs, descriptions, keys of files, messages) made safe to show: what a terminal would take for a command, what
// turns the reading direction, and what would begin a line is written as JSON writes it (`\u001b`). Pure; the only place that does it.

/** Controls (C0, DEL, C1), direction marks, and the separators that Unicode calls lines and paragraphs. */
const HIDDEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
/** The same but the two that shape a text of several lines. */
const HIDDEN_IN_LINES = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' };

/** For values inside a line: newlines and tabs are escaped too, so one value stays in one line. */
export function visibleLine(text: string): string {
  return text.replace(HIDDEN, escapeOf);
}

/** For whole texts: newlines and tabs stay. JSON text means the same afterwards. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN_IN_LINES, escapeOf);
}

/** All of these characters lie in the basic plane. */
function escapeOf(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
