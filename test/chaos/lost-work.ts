// How much work each broken attempt cost, in steps: the last step that was seen of it, committed or not, against the step at which the next
// attempt began. Live steps are read every second while the sweep runs; Postgres may be away meanwhile.

import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosStack } from './chaos-stack.ts';

export interface LostWork {
  /** Attempts that another one followed. */
  readonly brokenAttempts: number;
  readonly stepsDone: number;
  readonly stepsLost: number;
  readonly mostStepsLost: number;
  /** Metric rows that a resume set aside. */
  readonly rowsSuperseded: number;
}

interface RunningRow {
  readonly phase_key: string;
  readonly attempt: number;
  readonly step: number;
}

const WATCH_EVERY_MS = 1_000;

export class ProgressWatch {
  readonly #stack: ChaosStack;
  readonly #sweep: string;
  readonly #steps = new Map<string, number>();
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  /** Looks that Postgres did not answer. */
  unanswered = 0;

  constructor(stack: ChaosStack, sweep: string) {
    this.#stack = stack;
    this.#sweep = sweep;
    this.#loop = this.#watch();
  }

  /** Ends the watch. */
  async lostWork(): Promise<LostWork> {
    this.#ended.abort();
    await this.#loop;
    const attempts = await this.#stack.query<{
      phase_key: string;
      attempt: number;
      step: number;
      resume_step: number;
      next_resume_step: number | null;
    }>(
      `select p.phase_key, a.attempt, a.step, a.resume_step,
              lead(a.resume_step) over (partition by a.phase_id order by a.attempt) as next_resume_step
       from attempts a join phases p using (phase_id)
       where exists (select from study.phases s where s.phase_key = p.phase_key and s.sweep = $1)`,
      [this.#sweep],
    );
    const [superseded] = await this.#stack.query<{ rows: number }>(
      'select count(*)::int as rows from metrics_superseded',
    );
    let brokenAttempts = 0;
    let stepsDone = 0;
    let stepsLost = 0;
    let mostStepsLost = 0;
    for (const { phase_key, attempt, step, resume_step, next_resume_step } of attempts) {
      const last = Math.max(step, this.#steps.get(`${phase_key}/${attempt}`) ?? 0);
      stepsDone += last - resume_step;
      if (next_resume_step === null) continue;
      brokenAttempts += 1;
      stepsLost += last - next_resume_step;
      mostStepsLost = Math.max(mostStepsLost, last - next_resume_step);
    }
    return { brokenAttempts, stepsDone, stepsLost, mostStepsLost, rowsSuperseded: superseded?.rows ?? 0 };
  }

  async #watch(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        const rows = await this.#stack.query<RunningRow>(
          'select phase_key, attempt, step from study.running where sweep = $1',
          [this.#sweep],
        );
        for (const { phase_key, attempt, step } of rows) {
          const id = `${phase_key}/${attempt}`;
          this.#steps.set(id, Math.max(step, this.#steps.get(id) ?? 0));
        }
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        // killed or suspended on purpose; counted
        this.unanswered += 1;
      }
      await pause(WATCH_EVERY_MS, null, { signal }).catch(() => undefined);
    }
  }
}
