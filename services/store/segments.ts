// The group commit: segments of any number of attempts in one transaction, each accepted, recognised as a replay, or refused because a
// newer attempt owns its phase. The hot path: a handful of statements whatever the number of rows (architecture.md section 6).

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { arrayLiteral } from './array-literal.ts';
import type { Database, Tx } from './database.ts';
import { MetricNames } from './metric-names.ts';
import { statement } from './statement.ts';
import { storableText } from './storable-text.ts';
import type { CommitOutcome, OrchestratorStore, SegmentCommit } from './types.ts';

const lockAttempts = statement('lock-attempts');
const insertMetrics = statement('insert-metrics');
const upsertMetricLast = statement('upsert-metric-last');
const insertItems = statement('insert-items');
const insertCheckpoints = statement('insert-checkpoints');
const insertGpuSeconds = statement('insert-gpu-seconds');
const advanceAttempts = statement('advance-attempts');

type LockedAttempt = {
  readonly phase_id: number;
  readonly attempt: number;
  readonly state: string;
  readonly last_seq: string;
  readonly step: number;
  readonly node_id: number;
};

interface Head {
  readonly isOpen: boolean;
  readonly nodeId: number;
  lastSeq: bigint;
  step: number;
}

interface Accepted {
  readonly commit: SegmentCommit;
  readonly nodeId: number;
}

export function segments(db: Database): Pick<OrchestratorStore, 'commitSegments'> {
  const names = new MetricNames(db);
  return {
    commitSegments: async (commits) => {
      if (commits.length === 0) return [];
      for (const commit of commits) checkSeries(commit);
      const metricIds = await names.idsOf(commits.flatMap((one) => one.metrics.map((series) => series.name)));
      return await db.transaction(async (tx) => {
        const heads = await lockHeads(tx, commits);
        const accepted: Accepted[] = [];
        const outcomes = commits.map((commit): CommitOutcome => {
          const head = heads.get(idOf(commit));
          if (head === undefined) throw noAttempt(commit);
          if (!head.isOpen) return 'fenced';
          if (commit.seq <= head.lastSeq) return 'already_committed';
          head.lastSeq = commit.seq;
          head.step = Math.max(head.step, commit.toStep);
          accepted.push({ commit, nodeId: head.nodeId });
          return 'committed';
        });
        if (accepted.length > 0) await write(tx, accepted, heads, metricIds);
        return outcomes;
      });
    },
  };
}

async function lockHeads(tx: Tx, commits: readonly SegmentCommit[]): Promise<ReadonlyMap<string, Head>> {
  const attempts = [...new Map(commits.map((one) => [idOf(one), one])).values()];
  const rows = await tx.query<LockedAttempt>(lockAttempts, [
    attempts.map((one) => one.phaseId),
    attempts.map((one) => one.attempt),
  ]);
  return new Map(
    rows.map(({ phase_id, attempt, state, last_seq, step, node_id }) => [
      `${phase_id}/${attempt}`,
      { isOpen: state === 'open', lastSeq: BigInt(last_seq), step, nodeId: node_id },
    ]),
  );
}

async function write(
  tx: Tx,
  accepted: readonly Accepted[],
  heads: ReadonlyMap<string, Head>,
  metricIds: ReadonlyMap<string, number>,
): Promise<void> {
  const commits = accepted.map((one) => one.commit);
  await writeMetrics(tx, commits, metricIds);
  const items = commits.flatMap((one) => one.items.map((item) => ({ one, item })));
  if (items.length > 0) {
    await tx.query(insertItems, [
      items.map(({ one }) => one.phaseId),
      items.map(({ item }) => item.item),
      items.map(({ one }) => one.toStep),
      items.map(({ one }) => one.attempt),
      items.map(({ item }) => storableText(item.prediction)),
      items.map(({ item }) => storableText(item.gold)),
      items.map(({ item }) => item.correct),
      items.map(({ item }) => item.tokens),
      items.map(({ item }) => item.seconds),
    ]);
  }
  const checkpoints = accepted.flatMap(({ commit, nodeId }) =>
    commit.checkpoint === null ? [] : [{ commit, nodeId, checkpoint: commit.checkpoint }],
  );
  if (checkpoints.length > 0) {
    await tx.query(insertCheckpoints, [
      checkpoints.map(({ commit }) => commit.phaseId),
      checkpoints.map(({ commit }) => commit.attempt),
      checkpoints.map(({ checkpoint }) => checkpoint.step),
      checkpoints.map(({ checkpoint }) => checkpoint.uri),
      checkpoints.map(({ checkpoint }) => checkpoint.sha256),
      checkpoints.map(({ checkpoint }) => checkpoint.bytes),
      checkpoints.map(({ nodeId }) => nodeId),
    ]);
  }
  await tx.query(insertGpuSeconds, [
    arrayLiteral(commits.map((one) => one.phaseId)),
    arrayLiteral(commits.map((one) => one.attempt)),
    arrayLiteral(commits.map((one) => one.seq)),
    arrayLiteral(commits.map((one) => one.fromStep)),
    arrayLiteral(commits.map((one) => one.toStep)),
    arrayLiteral(commits.map((one) => one.deviceSeconds)),
    arrayLiteral(commits.map((one) => one.tokens)),
  ]);
  const advanced = [...new Map(commits.map((one) => [idOf(one), one])).entries()].flatMap(([id, one]) => {
    const head = heads.get(id);
    return head === undefined ? [] : [{ one, head }];
  });
  await tx.query(advanceAttempts, [
    arrayLiteral(advanced.map(({ one }) => one.phaseId)),
    arrayLiteral(advanced.map(({ one }) => one.attempt)),
    arrayLiteral(advanced.map(({ head }) => head.lastSeq)),
    arrayLiteral(advanced.map(({ head }) => head.step)),
  ]);
}

async function writeMetrics(
  tx: Tx,
  commits: readonly SegmentCommit[],
  metricIds: ReadonlyMap<string, number>,
): Promise<void> {
  const phaseIds: number[] = [];
  const metrics: number[] = [];
  const steps: number[] = [];
  const values: number[] = [];
  const attempts: number[] = [];
  const last = new Map<string, { metric: number; phaseId: number; step: number; value: number }>();
  for (const { phaseId, attempt, metrics: all } of commits) {
    for (const series of all) {
      const metric = metricIds.get(series.name);
      if (metric === undefined) throw new LatentSweepError('INTERNAL', `metric ${series.name} has no id`);
      series.steps.forEach((step, i) => {
        const value = series.values[i] ?? Number.NaN;
        phaseIds.push(phaseId);
        metrics.push(metric);
        steps.push(step);
        values.push(value);
        attempts.push(attempt);
        const key = `${metric}/${phaseId}`;
        const known = last.get(key);
        if (known === undefined || step > known.step) last.set(key, { metric, phaseId, step, value });
      });
    }
  }
  if (steps.length === 0) return;
  await tx.query(insertMetrics, [phaseIds, metrics, steps, values, attempts].map(arrayLiteral));
  const lasts = [...last.values()];
  await tx.query(upsertMetricLast, [
    arrayLiteral(lasts.map((one) => one.metric)),
    arrayLiteral(lasts.map((one) => one.phaseId)),
    arrayLiteral(lasts.map((one) => one.step)),
    arrayLiteral(lasts.map((one) => one.value)),
  ]);
}

function checkSeries({ phaseId, metrics }: SegmentCommit): void {
  for (const { name, steps, values } of metrics) {
    if (steps.length === values.length) continue;
    throw new LatentSweepError(
      'INTERNAL',
      `metric ${name} of phase ${phaseId} has ${steps.length} steps and ${values.length} values`,
      { name, phaseId },
    );
  }
}

function idOf(commit: SegmentCommit): string {
  return `${commit.phaseId}/${commit.attempt}`;
}

function noAttempt({ phaseId, attempt }: SegmentCommit): LatentSweepError {
  return new LatentSweepError('NOT_FOUND', `phase ${phaseId} has no attempt ${attempt}`, { phaseId, attempt });
}
