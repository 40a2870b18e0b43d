// Reads the PEM files that the configuration names. Elsewhere certificates travel as content, never as paths.

import { createPrivateKey, X509Certificate } from 'node:crypto';
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
  const contents = { ...content('ca'), ...content('cert'), ...content('key') };
  for (const name of ['ca', 'cert', 'key'] as const)
    check(`${section}.${name}`, files[name], contents[name], FORMS[name]);
  const { cert, key } = contents;
  if (cert !== undefined && key !== undefined && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `${section}.key is ${files.key}, which is not the key of ${section}.cert, ${files.cert}`,
      { key: `${section}.key`, path: files.key },
    );
  }
  return contents;
}

interface Form {
  readonly what: string;
  /** Throws what is wrong with it. */
  readonly parse: (content: Buffer) => unknown;
}

const CERTIFICATE: Form = { what: 'certificate', parse: (content) => new X509Certificate(content) };
const FORMS: Readonly<Record<keyof TlsContent, Form>> = {
  ca: CERTIFICATE,
  cert: CERTIFICATE,
  key: { what: 'private key', parse: (content) => createPrivateKey(content) },
};

/** Here, where the key is known: OpenSSL would speak of it only when somebody listens or connects. */
function check(key: string, path: string | null, content: Buffer | undefined, { what, parse }: Form): void {
  if (content === undefined) return;
  try {
    parse(content);
  } catch (error) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `${key} is ${path}, which holds no ${what} in PEM (${error instanceof Error ? error.message : error})`,
      { key, path },
      error,
    );
  }
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
