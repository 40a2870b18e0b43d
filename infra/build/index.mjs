// The border of the build, for tests.

export { build } from './build.mjs';
export { isBuildFresh } from './record.mjs';
