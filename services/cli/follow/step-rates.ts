// Steps per second of running phases as a follower sees them, for the time left. Steps reach Postgres in bursts (a segment at a
// time), so the rate is taken over a window; a phase that resumes at an earlier step starts its window anew.

interface Sight {
  readonly atMs: number;
  readonly step: number;
}

const WINDOW_MS = 60_000;

/** Time left of each phase, from the steps that were seen in the last minute. */
export interface StepRates {
  /** @returns seconds until `totalSteps`, null while nothing is known */
  secondsLeft(phaseKey: string, step: number, totalSteps: number, nowMs: number): number | null;
  /** Drops what is known of phases that no longer run. */
  keep(phaseKeys: ReadonlySet<string>): void;
}

/** Knows nothing at first; a phase needs two different steps before it has a rate. */
export function openStepRates(): StepRates {
  const sights = new Map<string, readonly Sight[]>();
  return {
    secondsLeft: (phaseKey, step, totalSteps, nowMs) => {
      const before = sights.get(phaseKey) ?? [];
      const last = before.at(-1);
      const known = last !== undefined && step < last.step ? [] : before;
      const recent = known.filter(({ atMs }, i) => nowMs - atMs <= WINDOW_MS || i === known.length - 1);
      const now = last?.step === step && known.length > 0 ? recent : [...recent, { atMs: nowMs, step }];
      sights.set(phaseKey, now);
      return secondsFrom(now, totalSteps, nowMs);
    },
    keep: (phaseKeys) => {
      for (const key of sights.keys()) if (!phaseKeys.has(key)) sights.delete(key);
    },
  };
}

/** Between the first and the last sight, minus the time since the last one. */
function secondsFrom(sights: readonly Sight[], totalSteps: number, nowMs: number): number | null {
  const first = sights[0];
  const last = sights.at(-1);
  if (first === undefined || last === undefined || last.step === first.step) return null;
  const secondsPerStep = (last.atMs - first.atMs) / 1_000 / (last.step - first.step);
  return Math.max(0, secondsPerStep * (totalSteps - last.step) - (nowMs - last.atMs) / 1_000);
}
