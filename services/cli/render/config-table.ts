// The configuration as a table of keys. Pure.

import { type Config, LEAVES, redact } from '../../config/index.ts';
import { left, renderTable } from './table.ts';

/** Every key with its value and its environment variable; secrets are masked. */
export function configText(config: Config): string {
  const shown = redact(config);
  const rows = LEAVES.map(({ key, path, variable }) => [key, text(valueAt(shown, path)), variable]);
  return [
    config.file === null ? `No configuration file in ${config.dir}; defaults and environment:` : `${config.file}:`,
    '',
    renderTable([left('key'), left('value'), left('environment')], rows),
  ].join('\n');
}

/** Below a section that is null, such as `tls`, everything is null. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? Object.getOwnPropertyDescriptor(inner, key)?.value : null,
    value,
  );
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : JSON.stringify(value ?? null);
}
