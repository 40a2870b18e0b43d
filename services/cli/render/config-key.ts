// What keys of the configuration mean, with the values in force. Pure.

import { type Config, type KeyDescription, redact, valueAt } from '../../config/index.ts';
import { wrapText } from './wrap-text.ts';

export interface ConfigKey extends KeyDescription {
  /** In force; secrets are masked. */
  readonly value: unknown;
}

/** Below a section that is null, such as `tls`, everything is null. */
export function withValues(keys: readonly KeyDescription[], config: Config): readonly ConfigKey[] {
  const shown = redact(config);
  return keys.map((key) => ({ ...key, value: valueAt(shown, key.key.split('.')) ?? null }));
}

/** For a terminal of `width` columns. */
export function configKeysText(keys: readonly ConfigKey[], width: number): string {
  return keys.map((key) => keyText(key, width)).join('\n\n');
}

function keyText({ key, variable, description, allowed, unit, preset, examples, value }: ConfigKey, width: number) {
  const facts = [
    ['in force', valueText(value)],
    ['default', preset === null ? '' : valueText(preset)],
    ['allowed', allowed],
    ['unit', unit ?? ''],
    ['example', examples.map(valueText).join(' or ')],
    ['variable', variable],
  ] as const;
  const lines = facts
    .filter(([, text]) => text !== '')
    .flatMap(([name, text]) => wrapText(`${name}: ${text}`, width, '  ', '    '));
  return [key, ...wrapText(description, width, '  ', '  '), ...lines].join('\n');
}

export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : JSON.stringify(value ?? null);
}
