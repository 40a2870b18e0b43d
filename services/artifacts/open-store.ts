// The artifact store that a URL names. A scheme without an implementation is refused with what there is.

import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { ArtifactStore } from './artifact-store.ts';

/** Two letters at least: `C:` is no scheme. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * @param url `file:///absolute/path`, or a path; relative ones from the working directory
 * @param configKey named when the value is refused
 * @param memory file on this machine that remembers where the store was, so that one that is not mounted is not taken for a new one
 * @throws LatentSweepError CONFIG_INVALID for other schemes; ARTIFACT_STORE when the directory cannot be made
 */
export async function openArtifactStore(
  url: string,
  configKey = 'artifacts.url',
  memory: string | null = null,
): Promise<ArtifactStore> {
  const directory = directoryOf(url, configKey);
  // not with this border, which every command loads for its errors
  const { openDirectoryStore } = await import('./directory-store.ts');
  return openDirectoryStore(directory, memory);
}

function directoryOf(url: string, configKey: string): string {
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  if (url.trim() === '' || (scheme !== undefined && scheme !== 'file')) throw refused(url, configKey);
  if (scheme === undefined) return isAbsolute(url) ? url : resolve(url);
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw refused(url, configKey, error);
  }
}

function refused(url: string, configKey: string, cause?: unknown): LatentSweepError {
  return new LatentSweepError(
    'CONFIG_INVALID',
    `${configKey} is "${url}"; allowed is a directory as path or file:///absolute/path (shared by all nodes when there are several)`,
    { key: configKey, value: url },
    cause,
  );
}
