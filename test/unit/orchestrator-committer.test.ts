import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { SegmentCommitter } from '../../services/orchestrator/segment-committer.ts';
import type { CommitOutcome, SegmentCommit } from '../../services/store/types.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const log = pino({ level: 'silent' });
const segment = (phaseId: number): SegmentCommit => ({
  phaseId,
  attempt: 1,
  seq: 1n,
  fromStep: 0,
  toStep: 1,
  metrics: [],
  items: [],
  checkpoint: null,
  deviceSeconds: 0,
  mfu: null,
  tokens: 0,
});

test('segments that are ready together are one transaction, each with its own outcome', async () => {
  const groups: number[][] = [];
  const store = {
    commitSegments: async (commits: readonly SegmentCommit[]): Promise<readonly CommitOutcome[]> => {
      groups.push(commits.map((one) => one.phaseId));
      return commits.map((one) => (one.phaseId === 2 ? 'fenced' : 'committed'));
    },
  };
  const committer = new SegmentCommitter(store, new AbortController().signal, log);
  const outcomes = await Promise.all([1, 2, 3].map((phaseId) => committer.commit(segment(phaseId))));
  assert.deepEqual(outcomes, ['committed', 'fenced', 'committed']);
  assert.deepEqual(groups, [[1, 2, 3]]);
});

test('while Postgres is away segments wait, and are written once when it is back', async () => {
  let calls = 0;
  const store = {
    commitSegments: async (commits: readonly SegmentCommit[]): Promise<readonly CommitOutcome[]> => {
      calls += 1;
      if (calls < 3) throw new LatentSweepError('STORE_UNREACHABLE', 'away');
      return commits.map(() => 'committed');
    },
  };
  const committer = new SegmentCommitter(store, new AbortController().signal, log);
  assert.equal(await committer.commit(segment(1)), 'committed');
  assert.equal(calls, 3);
});

test('one bad segment fails alone', async () => {
  const store = {
    commitSegments: async (commits: readonly SegmentCommit[]): Promise<readonly CommitOutcome[]> => {
      if (commits.some((one) => one.phaseId === 2)) throw new LatentSweepError('INTERNAL', 'bad row');
      return commits.map(() => 'committed');
    },
  };
  const committer = new SegmentCommitter(store, new AbortController().signal, log);
  const results = await Promise.allSettled([1, 2, 3].map((phaseId) => committer.commit(segment(phaseId))));
  assert.deepEqual(
    results.map((one) => one.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('after the stop a waiting segment is given up, so that its node keeps it', async () => {
  const stop = new AbortController();
  const store = {
    commitSegments: async (): Promise<readonly CommitOutcome[]> => {
      stop.abort();
      throw new LatentSweepError('STORE_UNREACHABLE', 'away');
    },
  };
  const committer = new SegmentCommitter(store, stop.signal, log);
  await assert.rejects(committer.commit(segment(1)), /stops/);
});

test('a transaction takes no more rows than Postgres writes in a moment', async () => {
  const groups: number[][] = [];
  const store = {
    commitSegments: async (commits: readonly SegmentCommit[]): Promise<readonly CommitOutcome[]> => {
      groups.push(commits.map((one) => one.phaseId));
      return commits.map(() => 'committed' as const);
    },
  };
  const committer = new SegmentCommitter(store, new AbortController().signal, log);
  const values = Array.from({ length: 40_000 }, (_, i) => i);
  const large = (phaseId: number): SegmentCommit => ({
    ...segment(phaseId),
    metrics: [{ name: 'loss_nats', steps: values, values }],
  });
  await Promise.all([1, 2, 3, 4, 5].map((phaseId) => committer.commit(large(phaseId))));
  assert.deepEqual(groups, [[1, 2], [3, 4], [5]]);
});
