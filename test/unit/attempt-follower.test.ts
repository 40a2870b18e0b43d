import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import pino from 'pino';
import { Node, RunPhaseRequest, RunPhaseResponse } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { AttemptFollower, type FollowerNeeds } from '../../services/orchestrator/fleet/attempt-follower.ts';
import { newRecord } from '../../services/orchestrator/fleet/attempt-record.ts';
import { Fleet } from '../../services/orchestrator/fleet/fleet.ts';
import { SegmentCommitter } from '../../services/orchestrator/segment-committer.ts';
import type { CommitOutcome, FailureReport, SegmentCommit } from '../../services/store/types.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const log = pino({ level: 'silent' });
const segment = (seq: bigint, from: number, to: number): RunPhaseResponse =>
  RunPhaseResponse.fromPartial({
    seq,
    event: { $case: 'segment', value: { fromStep: BigInt(from), toStep: BigInt(to), deviceSeconds: 1 } },
  });

interface Scripted {
  readonly streams: readonly (readonly RunPhaseResponse[] | Error)[];
  readonly commit?: (segment: SegmentCommit) => CommitOutcome;
  readonly fail?: () => void;
  readonly request?: { readonly configJson?: string };
  readonly record?: { lastSeq: bigint; step: number; totalSteps: number };
}

/** A follower of an attempt of 9 steps whose streams are given one after the other. */
function followed({ streams, commit = () => 'committed', fail, record, request = {} }: Scripted) {
  const calls: bigint[] = [];
  const failures: FailureReport[] = [];
  const committed: number[] = [];
  const client = {
    runPhase: async function* ({ afterSeq }: { afterSeq: bigint }, { signal }: { signal: AbortSignal }) {
      const stream = streams[calls.length];
      calls.push(afterSeq);
      if (stream instanceof Error) throw stream;
      yield* stream ?? [];
      if (stream === undefined && !signal.aborted) await once(signal, 'abort');
    },
    acknowledge: async () => ({}),
    stopPhase: async () => ({ wasRunning: true }),
  };
  const fleet = new Fleet(() => ({ client: client as never, close: () => undefined }));
  const node = fleet.join(Node.fromPartial({ nodeId: 'a', slots: [{ index: 0, device: 'cpu' }] }), 0);
  const store = {
    commitSegments: async (commits: readonly SegmentCommit[]) => {
      const outcomes = commits.map(commit);
      committed.push(...commits.map((one) => one.toStep));
      return outcomes;
    },
    failAttempt: async (_phase: number, _attempt: number, report: FailureReport) => {
      fail?.();
      failures.push(report);
    },
    attemptRecord: async () => record ?? { lastSeq: 0n, step: 0, totalSteps: 9 },
    nodeEvent: async () => undefined,
  };
  const needs: FollowerNeeds = {
    store: store as never,
    committer: new SegmentCommitter(store, new AbortController().signal, log),
    onProgress: () => undefined,
    onCheckpoint: () => undefined,
    log,
  };
  const id = { phaseId: 1, phaseKey: 'f'.repeat(32), attempt: 1 };
  const follower = new AttemptFollower(
    id,
    fleet.occupy(node, 0, 'activity'),
    RunPhaseRequest.fromPartial({ ...id, ...request }),
    newRecord({ lastSeq: 0n, step: 0, totalSteps: 9 }),
    needs,
  );
  return { follower, node, calls, failures, committed };
}

test('a stream that breaks is opened again after the last recorded event', async () => {
  const broken = new LatentSweepError('NODE_LOST', 'by script');
  const { follower, calls, committed } = followed({ streams: [[segment(1n, 0, 4)], broken, [segment(2n, 4, 6)]] });
  while (calls.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(calls, [0n, 1n, 1n, 2n]);
  assert.deepEqual(committed, [4, 6]);
  follower.detach();
  assert.deepEqual(await follower.end, { kind: 'detached' });
});

test('a node whose streams bring nothing that is recorded is asked no faster than one that breaks them', async () => {
  const broken = new LatentSweepError('NODE_LOST', 'by script');
  const progress = RunPhaseResponse.fromPartial({ event: { $case: 'progress', value: { step: 1n } } });
  const breaking = followed({ streams: Array.from({ length: 100 }, () => broken) });
  const idle = followed({ streams: Array.from({ length: 100 }, () => [RunPhaseResponse.fromPartial({}), progress]) });
  while (breaking.calls.length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(idle.calls.length <= 6, `${idle.calls.length} calls`);
  for (const { follower } of [breaking, idle]) {
    follower.detach();
    assert.deepEqual(await follower.end, { kind: 'detached' });
  }
});

test('an event that Postgres refuses for good ends the attempt with its words, after one try', async () => {
  const refuse = (): never => {
    throw new LatentSweepError('INTERNAL', 'Postgres refuses the values (22003): out of range');
  };
  const { follower, calls, failures } = followed({ streams: [[segment(1n, 0, 4)]], commit: refuse });
  const end = await follower.end;
  assert.equal(end.kind, 'failed');
  assert.equal(calls.length, 1);
  assert.match(failures[0]?.message ?? '', /22003/);
});

test('an attempt whose failure cannot be recorded either is let go, and nothing is thrown at nobody', async () => {
  const refuse = (): never => {
    throw new TypeError('by script');
  };
  const { follower } = followed({ streams: [[segment(1n, 0, 4)]], commit: refuse, fail: refuse });
  assert.deepEqual(await follower.end, { kind: 'detached' });
});

test('an attempt that is let go while its failure waits for Postgres ends as detached', async () => {
  let waits = 0;
  const { follower, node } = followed({
    streams: [],
    fail: () => {
      waits += 1;
      throw new LatentSweepError('STORE_UNREACHABLE', 'by script');
    },
  });
  node.close();
  while (waits === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  follower.detach();
  assert.deepEqual(await follower.end, { kind: 'detached' });
});

test('what another replica recorded meanwhile is no gap', async () => {
  const record = { lastSeq: 3n, step: 6, totalSteps: 9 };
  const { follower, calls, committed } = followed({ streams: [[segment(3n, 4, 6), segment(4n, 6, 9)]], record });
  while (calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(committed, [9]);
  follower.detach();
  assert.deepEqual(await follower.end, { kind: 'detached' });
});

const stopped = RunPhaseResponse.fromPartial({ seq: 1n, event: { $case: 'stopped', value: { step: 0n } } });
const given = { configJson: '{}' };

test('a stop that nobody asked for is the fault of a node that stays', async () => {
  const { follower, failures } = followed({ streams: [[stopped]], request: given });
  assert.equal((await follower.end).kind, 'failed');
  assert.deepEqual(
    failures.map(({ code, failure }) => ({ code, failure })),
    [{ code: 'STOPPED_UNASKED', failure: 'worker_crash' }],
  );
  assert.match(failures[0]?.message ?? '', /node a stopped the attempt/);
});

test('a node that leaves, has restarted, or was asked by another replica preempts the attempt', async () => {
  const leaving = followed({ streams: [[stopped]], request: given });
  leaving.node.leaving = true;
  const restarted = followed({ streams: [[stopped]], request: given });
  restarted.node.update({ ...restarted.node.node, incarnation: 'another' }, 0);
  const adopted = followed({ streams: [[stopped]] });
  for (const { follower, failures } of [leaving, restarted, adopted]) {
    assert.equal((await follower.end).kind, 'failed');
    assert.deepEqual(
      failures.map(({ code, failure }) => ({ code, failure })),
      [{ code: 'STOPPED', failure: 'preempted' }],
    );
  }
});

/** Lets every pause of the follower end at once, until it has come to its end. */
async function hurried(t: TestContext, follower: AttemptFollower): Promise<void> {
  let isOver = false;
  void follower.end.then(() => (isOver = true));
  while (!isOver) {
    t.mock.timers.tick(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a node that ends the stream again and again without an end of the attempt is not asked for ever', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { follower, calls, failures } = followed({ streams: Array.from({ length: 100 }, () => []), request: given });
  await hurried(t, follower);
  assert.equal(calls.length, 30);
  assert.equal(failures[0]?.code, 'STOPPED_UNASKED');
  assert.match(failures[0].message, /ended the stream of the attempt 30 times/);
});

test('a node that renews its lease and is reached under no address gives the phase back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const refused = Array.from({ length: 100 }, () => new LatentSweepError('NODE_LOST', 'connection refused'));
  const { follower, failures } = followed({ streams: refused, request: given });
  await hurried(t, follower);
  assert.deepEqual(
    failures.map(({ code, failure }) => ({ code, failure })),
    [{ code: 'NODE_LOST', failure: 'node_lost' }],
  );
  assert.match(failures[0]?.message ?? '', /takes no attempt at its address .*worker\.advertise\): connection refused/);
});

test('a node whose slot is not free yet is asked as long as it says so', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const full = Array.from({ length: 60 }, () => new LatentSweepError('NO_SLOT', 'by script'));
  const { follower, calls, failures } = followed({ streams: full, request: given });
  while (calls.length < 60) {
    t.mock.timers.tick(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(failures, []);
  follower.detach();
  assert.deepEqual(await follower.end, { kind: 'detached' });
});

test('an attempt that was reached once is followed through any number of broken streams', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const broken = Array.from({ length: 60 }, () => new LatentSweepError('NODE_LOST', 'by script'));
  const { follower, calls, failures } = followed({ streams: [[segment(1n, 0, 4)], ...broken], request: given });
  while (calls.length < 61) {
    t.mock.timers.tick(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(failures, []);
  follower.detach();
  assert.deepEqual(await follower.end, { kind: 'detached' });
});
