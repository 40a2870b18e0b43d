// The configuration as a table of keys. Pure.

import { type Config, describeConfig } from '../../config/index.ts';
import { valueText, withValues } from './config-key.ts';
import { left, renderTable } from './table.ts';

/** Every key with its value and its environment variable; secrets are masked. */
export function configText(config: Config): string {
  const keys = describeConfig().flatMap((section) => section.keys);
  const rows = withValues(keys, config).map(({ key, value, variable }) => [key, valueText(value), variable]);
  return [
    config.file === null ? `No configuration file in ${config.dir}; defaults and environment:` : `${config.file}:`,
    '',
    renderTable([left('key'), left('value'), left('environment')], rows),
  ].join('\n');
}
