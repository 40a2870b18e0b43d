// A report as data: everything that its page, its tables and its figures say, read and computed once.

import type { Figure } from './figures/figure.ts';
import type { CellGroup } from './findings/cell-groups.ts';
import type { Comparison } from './findings/comparisons.ts';
import type { Verdict } from './findings/hypotheses.ts';
import type { GpuHoursRow } from './queries/gpu-hours.ts';
import type { SweepFacts } from './queries/sweep-facts.ts';

/** What wrote a report. */
export interface ReportSource {
  /** Of latent-sweep. */
  readonly version: string;
  /** Of the checkout; null outside of one. */
  readonly commit: string | null;
  readonly writtenAt: Date;
}

export interface Report {
  readonly sweep: string;
  readonly source: ReportSource;
  readonly facts: SweepFacts;
  readonly warnings: readonly string[];
  readonly verdicts: readonly Verdict[];
  readonly groups: readonly CellGroup[];
  readonly comparisons: readonly Comparison[];
  readonly gpuHours: readonly GpuHoursRow[];
  readonly figures: readonly Figure[];
  /** As it was run, by what it read. */
  readonly sql: {
    readonly facts: string;
    readonly cells: string;
    readonly pairs: string;
    readonly gpuHours: string;
  };
}
