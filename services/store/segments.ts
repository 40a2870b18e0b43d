// The group commit: segments of any number of attempts in one transaction, each accepted, recognised as a replay, or refused because a
// newer attempt owns its phase. The hot path, so one statement whatever the number of rows: round trips are the cost
// (docs/design/architecture.md section 6), and a process that is suspended between two of them would hold everybody's locks.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { arrayLiteral } from './array-literal.ts';
import type { Database } from './database.ts';
import { MetricNames } from './metric-names.ts';
import { statement } from './statement.ts';
import { storableText } from './storable-text.ts';
import type { CommitOutcome, OrchestratorStore, SegmentCommit } from './types.ts';

const commitSegments = statement('commit-segments');

/**
 * Records any number of segments in one statement, each accepted, recognised as recorded before, or refused as
 * fenced.
 */
export function segments(db: Database): Pick<OrchestratorStore, 'commitSegments'> {
  const names = new MetricNames(db);
  return {
    commitSegments: async (commits) => {
      if (commits.length === 0) return [];
      for (const commit of commits) check(commit);
      const metricIds = await names.idsOf(commits.flatMap((one) => one.metrics.map((series) => series.name)));
      const group = withoutEchoes(commits);
      const rows = await db.query<{ readonly outcome: CommitOutcome | 'unknown' }>(commitSegments, [
        ...segmentColumns(group.sent),
        ...metricColumns(group.sent, metricIds),
        ...itemColumns(group.sent),
        ...checkpointColumns(group.sent),
      ]);
      return commits.map((commit, i): CommitOutcome => {
        const outcome = rows[group.places[i] ?? 0]?.outcome ?? 'unknown';
        if (outcome === 'unknown') throw noAttempt(commit);
        return outcome === 'committed' && group.isEcho[i] === true ? 'already_committed' : outcome;
      });
    },
  };
}

interface Group {
  readonly sent: readonly SegmentCommit[];
  /** For each commit the place in `sent` of the one that decides its outcome. */
  readonly places: readonly number[];
  /** The commit's sequence is not newer than an earlier one of its attempt in the same group: it is recorded with that one. */
  readonly isEcho: readonly boolean[];
}

function withoutEchoes(commits: readonly SegmentCommit[]): Group {
  const newest = new Map<string, { seq: bigint; place: number }>();
  const sent: SegmentCommit[] = [];
  const places: number[] = [];
  const isEcho: boolean[] = [];
  for (const commit of commits) {
    const id = `${commit.phaseId}/${commit.attempt}`;
    const before = newest.get(id);
    const replays = before !== undefined && commit.seq <= before.seq;
    isEcho.push(replays);
    places.push(replays ? before.place : sent.length);
    if (replays) continue;
    newest.set(id, { seq: commit.seq, place: sent.length });
    sent.push(commit);
  }
  return { sent, places, isEcho };
}

function segmentColumns(commits: readonly SegmentCommit[]): readonly unknown[] {
  return [
    arrayLiteral(commits.map((one) => one.phaseId)),
    arrayLiteral(commits.map((one) => one.attempt)),
    arrayLiteral(commits.map((one) => one.seq)),
    arrayLiteral(commits.map((one) => one.fromStep)),
    arrayLiteral(commits.map((one) => one.toStep)),
    arrayLiteral(commits.map((one) => one.deviceSeconds)),
    arrayLiteral(commits.map((one) => one.tokens)),
    arrayLiteral(commits.map((one) => one.mfu)),
  ];
}

interface MetricColumns {
  readonly segments: number[];
  readonly metrics: number[];
  readonly steps: number[];
  readonly values: number[];
}

/** All rows, then the last row of each series. Segments are numbered from 1, as Postgres numbers the elements of an array. */
function metricColumns(commits: readonly SegmentCommit[], metricIds: ReadonlyMap<string, number>): readonly unknown[] {
  const all: MetricColumns = { segments: [], metrics: [], steps: [], values: [] };
  const last: MetricColumns = { segments: [], metrics: [], steps: [], values: [] };
  commits.forEach((commit, place) => {
    for (const { name, steps, values } of commit.metrics) {
      const metric = metricIds.get(name);
      if (metric === undefined) throw new LatentSweepError('INTERNAL', `metric ${name} has no id`, { name });
      const add = (to: MetricColumns, step: number, value: number): void => {
        to.segments.push(place + 1);
        to.metrics.push(metric);
        to.steps.push(step);
        to.values.push(value);
      };
      let newest = -1;
      steps.forEach((step, i) => {
        add(all, step, values[i] ?? Number.NaN);
        if (newest === -1 || step > (steps[newest] ?? 0)) newest = i;
      });
      if (newest >= 0) add(last, steps[newest] ?? 0, values[newest] ?? Number.NaN);
    }
  });
  return [all, last].flatMap((one) => [one.segments, one.metrics, one.steps, one.values].map(arrayLiteral));
}

function itemColumns(commits: readonly SegmentCommit[]): readonly unknown[] {
  const items = commits.flatMap((commit, place) => commit.items.map((item) => ({ ...item, segment: place + 1 })));
  return [
    arrayLiteral(items.map((one) => one.segment)),
    arrayLiteral(items.map((one) => one.item)),
    items.map((one) => storableText(one.prediction)),
    items.map((one) => storableText(one.gold)),
    items.map((one) => one.correct),
    arrayLiteral(items.map((one) => one.tokens)),
    arrayLiteral(items.map((one) => one.seconds)),
  ];
}

function checkpointColumns(commits: readonly SegmentCommit[]): readonly unknown[] {
  const checkpoints = commits.flatMap(({ checkpoint }, place) =>
    checkpoint === null ? [] : [{ ...checkpoint, segment: place + 1 }],
  );
  return [
    arrayLiteral(checkpoints.map((one) => one.segment)),
    arrayLiteral(checkpoints.map((one) => one.step)),
    checkpoints.map((one) => one.uri),
    checkpoints.map((one) => one.sha256),
    arrayLiteral(checkpoints.map((one) => one.bytes)),
  ];
}

function check({ phaseId, metrics }: SegmentCommit): void {
  for (const { name, steps, values } of metrics) {
    if (steps.length === values.length) continue;
    throw new LatentSweepError(
      'INTERNAL',
      `metric ${name} of phase ${phaseId} has ${steps.length} steps and ${values.length} values`,
      { name, phaseId },
    );
  }
}

function noAttempt({ phaseId, attempt }: SegmentCommit): LatentSweepError {
  return new LatentSweepError('NOT_FOUND', `phase ${phaseId} has no attempt ${attempt}`, { phaseId, attempt });
}
