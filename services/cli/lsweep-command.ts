// How the person who reads a hint can call this program: npm scripts run without it on the PATH. With --no, npx runs what this project has and
// nothing else: outside of a checkout it would fetch whatever the public registry has under that name.

/** @param environment npm sets npm_command for its scripts and for npx */
export function lsweepCommand(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['npm_command'] === undefined ? 'lsweep' : 'npx --no lsweep';
}

/** What goes on with the quickstart: how it was called. */
export function againCommand(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['npm_lifecycle_event'] === 'start' ? 'npm start' : `${lsweepCommand(environment)} quickstart`;
}
