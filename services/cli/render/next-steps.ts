// The last words of the quickstart: what to type next. Pure.

export interface NextSteps {
  readonly sweep: string;
  /** How the person calls this program. */
  readonly lsweep: string;
  /** Command that opens the database; null where none is known. */
  readonly psql: string | null;
  readonly stateDir: string;
  /** Of the sweep's page; null where no dashboard runs. */
  readonly dashboard: string | null;
}

export function nextStepsText({ sweep, lsweep, psql, stateDir, dashboard }: NextSteps): string {
  const commands: readonly (readonly [command: string, what: string])[] = [
    ...(dashboard === null ? [] : [[`${lsweep} open ${sweep}`, 'that address again'] as const]),
    [`${lsweep} show ${sweep} 0`, 'one trial with its phases'],
    [`${lsweep} down`, `stop the stack; results stay in ${stateDir}`],
  ];
  const width = Math.max(...commands.map(([command]) => command.length)) + 2;
  return [
    ...(dashboard === null ? [] : [`Look at it: ${dashboard}`]),
    'Go on:',
    ...(psql === null ? [] : [`  ${psql}`]),
    `  ${lsweep} sql "select system, latents, accuracy, chance from study.cells where sweep = '${sweep}'"`,
    ...commands.map(([command, what]) => `  ${command.padEnd(width)}${what}`),
  ].join('\n');
}
