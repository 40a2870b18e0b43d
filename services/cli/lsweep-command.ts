// How the person who reads a hint can call this program: npm scripts run without it on the PATH.

/** @param environment npm sets npm_command for its scripts and for npx */
export function lsweepCommand(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['npm_command'] === undefined ? 'lsweep' : 'npx lsweep';
}
