// Reads the PEM files that the configuration names. Elsewhere certificates travel as content, never as paths.

import { readFileSync } from 'node:fs';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Config } from './load.ts';

export interface TlsContent {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * @param section key of the configuration, such as `tls`; named when a file cannot be read
 * @param files null = not configured
 * @throws LatentSweepError CONFIG_INVALID
 */
export function readPemFiles(section: string, files: Config['tls']): TlsContent | undefined;
export function readPemFiles(section: string, files: Config['temporal']['tls']): Partial<TlsContent> | undefined;
export function readPemFiles(section: string, files: Config['temporal']['tls']): Partial<TlsContent> | undefined {
  if (files === null) return undefined;
  const content = (name: keyof TlsContent): Partial<TlsContent> => {
    const path = files[name];
    return path === null ? {} : { [name]: read(`${section}.${name}`, path) };
  };
  return { ...content('ca'), ...content('cert'), ...content('key') };
}

function read(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `${key} is ${path}, which cannot be read (${error instanceof Error ? error.message : error})`,
      { key, path },
      error,
    );
  }
}
