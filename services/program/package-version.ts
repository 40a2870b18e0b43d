// The version in package.json.

import { readFileSync } from 'node:fs';

/** Needed at every start, so it is read without zod. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  if (typeof version !== 'string') throw new Error('package.json names no version');
  return version;
}
