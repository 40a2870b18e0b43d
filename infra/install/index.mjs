// The border of the installation, for the local stack and for tests.

export { cacheDir } from './cache-dir.mjs';
export { install, isInstalled } from './dependencies.mjs';
export { fetchTemporal } from './fetch-temporal.mjs';
export { findTemporal } from './find-temporal.mjs';
export { withInstallLock } from './install-lock.mjs';
export { ensurePostgresRuns, linkPostgresLibraries } from './postgres-links.mjs';
export { prunePackages } from './prune.mjs';
