// Names of a sweep's tasks for people: the task's name, the number of operands of Countdown, and where a sweep has the same task in
// several forms, the settings that set them apart.

type TaskSettings = Readonly<Record<string, unknown>>;

/** @param all settings of every task of the sweep */
export function taskLabels(all: readonly TaskSettings[]): (settings: TaskSettings) => string {
  const varying = new Map<string, ReadonlySet<string>>();
  for (const settings of all) {
    const name = shortName(settings);
    if (!varying.has(name)) varying.set(name, varyingKeys(all.filter((other) => shortName(other) === name)));
  }
  return (settings) => {
    const name = shortName(settings);
    const apart = [...(varying.get(name) ?? [])].map((key) => `${key}=${JSON.stringify(settings[key])}`);
    return [name, ...apart].join(' ');
  };
}

/** Published results are found by it (published/published-results.ts). */
function shortName({ name, operands }: TaskSettings): string {
  return name === 'countdown' ? `countdown ${String(operands)}` : String(name);
}

function varyingKeys(all: readonly TaskSettings[]): ReadonlySet<string> {
  const keys = new Set(all.flatMap((settings) => Object.keys(settings)));
  return new Set([...keys].filter((key) => new Set(all.map((settings) => JSON.stringify(settings[key]))).size > 1));
}
