// A progress bar of text in eighths of a column, so that slow phases are seen to move. Pure.

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** @param fraction clamped to 0 to 1; @param width columns */
export function renderBar(fraction: number, width: number): string {
  const part = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
  const eighths = Math.floor(part * width * 8);
  const text = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return text.padEnd(width, '░');
}
