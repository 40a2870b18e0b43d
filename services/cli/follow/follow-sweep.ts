// Follows a sweep to its end through SQL and the state of its workflow. Only watches: whatever happens here, the sweep goes on.
// Postgres, Temporal and orchestrators may come and go; the follower says so and asks again.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { SweepDescription } from '../../orchestrator/index.ts';
import type { SweepProgress } from './progress.ts';

/** What is asked while following; nothing of it changes the sweep. */
export interface FollowSources {
  /** @throws LatentSweepError STORE_UNREACHABLE (asked again) or anything else (ends the following) */
  readProgress(): Promise<SweepProgress>;
  /** @throws LatentSweepError TEMPORAL_UNREACHABLE (asked again) or anything else (ends the following) */
  describe(): Promise<SweepDescription>;
  /** Whether the local stack that the sweep runs on is not up. */
  isStackDown(): boolean;
}

/** Where progress is shown: a live area, plain lines, or nothing. */
export interface ProgressDisplay {
  show(progress: SweepProgress, nowMs: number): void;
  /** null = everything answers again. */
  trouble(sentence: string | null, nowMs: number): void;
  end(): void;
}

/** Intervals in milliseconds. */
export interface FollowTimes {
  readonly pollMs: number;
  /** Between two looks at the workflow while Postgres says that the sweep goes on; each costs a workflow task. */
  readonly describeMs: number;
}

/** All that a follower needs; clock and waiting are given, so that tests need neither. */
export interface FollowOptions {
  readonly sources: FollowSources;
  readonly display: ProgressDisplay;
  readonly times: FollowTimes;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  /** Resolves early when the signal aborts; never rejects. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Why the following ended. */
export type FollowEnd =
  | { readonly kind: 'closed'; readonly progress: SweepProgress }
  /** The workflow itself failed, which is a defect or an operator's doing. */
  | { readonly kind: 'broken'; readonly reason: string }
  /** Postgres knows the sweep, Temporal has no workflow of it: its history was deleted. */
  | { readonly kind: 'no_workflow' }
  | { readonly kind: 'interrupted' };

/** What commands use: Postgres every second, Temporal every ten. */
export const FOLLOW_TIMES: FollowTimes = { pollMs: 1_000, describeMs: 10_000 };

/** Waits between two counts in units of what the last one took. */
const POLL_SHARE = 4;

const isFinal = (progress: SweepProgress): boolean => progress.state === 'finished' || progress.state === 'cancelled';

/**
 * Shows progress until the sweep is closed, its workflow is gone, or `signal` fires.
 * Waits out STORE_UNREACHABLE and TEMPORAL_UNREACHABLE; @throws LatentSweepError for anything else that a source
 * throws, such as NOT_FOUND
 */
export async function followSweep(options: FollowOptions): Promise<FollowEnd> {
  const { sources, display, times, signal, nowMs, wait } = options;
  const troubles = new Map<'progress' | 'describe', string>();
  let told: string | null = null;
  let downSince: string | null = null;

  /** @returns null when the source is away */
  const ask = async <T>(what: 'progress' | 'describe', call: () => Promise<T>): Promise<T | null> => {
    try {
      const answer = await call();
      troubles.delete(what);
      return answer;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      troubles.set(what, error.message);
      return null;
    }
  };
  const reportTroubles = (): void => {
    downSince = sources.isStackDown() ? (downSince ?? clockOf(nowMs())) : null;
    const all = [...troubles.values()].sort().join('; ');
    const sentence =
      downSince !== null
        ? `the stack is down since ${downSince}; waiting (Ctrl-C leaves the sweep as it is)`
        : all === ''
          ? null
          : `${all}; asking again, the sweep is not lost`;
    if (sentence !== told) display.trouble(sentence, nowMs());
    told = sentence;
  };
  const workflow = lookInBackground(() => ask('describe', () => sources.describe()));

  try {
    while (!signal.aborted) {
      const startMs = nowMs();
      const progress = await ask('progress', () => sources.readProgress());
      if (progress !== null) display.show(progress, nowMs());
      const description = workflow.latest();
      const end = description === null ? null : endOf(description, progress);
      if (end !== null) return end;
      if ((progress !== null && isFinal(progress)) || nowMs() - workflow.lookedMs() >= times.describeMs) {
        workflow.look(nowMs());
      }
      reportTroubles();
      // a sweep of very many cells costs Postgres more to count: leave it time
      await wait(Math.max(times.pollMs, POLL_SHARE * (nowMs() - startMs)), signal);
    }
    return { kind: 'interrupted' };
  } finally {
    display.end();
  }
}

/** One look at a time, never waited for: a Temporal that is away takes half a minute to say so, and the numbers should go on. */
function lookInBackground(describe: () => Promise<SweepDescription | null>) {
  let latest: SweepDescription | null = null;
  let failure: { readonly error: unknown } | null = null;
  let looking = false;
  let lookedMs = Number.NEGATIVE_INFINITY;
  const settle = async (): Promise<void> => {
    try {
      latest = await describe();
    } catch (error) {
      failure = { error };
    } finally {
      looking = false;
    }
  };
  return {
    look: (nowMs: number): void => {
      if (looking) return;
      looking = true;
      lookedMs = nowMs;
      void settle();
    },
    lookedMs: (): number => lookedMs,
    latest: (): SweepDescription | null => {
      if (failure !== null) throw failure.error;
      return latest;
    },
  };
}

/** @returns null while the sweep goes on, or while Postgres has not yet said how it ended */
function endOf(description: SweepDescription, progress: SweepProgress | null): FollowEnd | null {
  switch (description.kind) {
    case 'running':
      return null;
    case 'never_started':
      return { kind: 'no_workflow' };
    case 'closed':
      if (description.how === 'failed') return { kind: 'broken', reason: description.reason ?? 'no reason given' };
      // the workflow writes the state before it closes, so the next look at Postgres shows it
      return progress !== null && isFinal(progress) ? { kind: 'closed', progress } : null;
  }
}

/** `14:03:10`, as the clock of the reader shows it. */
function clockOf(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}

function isUnreachable(error: unknown): error is LatentSweepError {
  return (
    error instanceof LatentSweepError && (error.code === 'STORE_UNREACHABLE' || error.code === 'TEMPORAL_UNREACHABLE')
  );
}
