// Exactly once as a property: whatever the order of commits, replays, stale writers, failures and new attempts, also at the same moment,
// the record ends with the rows of a run that nothing disturbed, and every row ever committed is either in it or in the superseded tables.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { CommitOutcome, SegmentCommit } from '../../services/store/types.ts';
import { openDatabases } from './postgres.ts';
import { begin, openStoreFixture, type StoreFixture, segment } from './store-fixture.ts';

const STEPS = 24;
const PHASES = 3;

let databases: Awaited<ReturnType<typeof openDatabases>>;
let fixture: StoreFixture;
before(async () => {
  databases = await openDatabases();
  fixture = await openStoreFixture(databases, { poolSize: 6 });
});
after(async () => {
  await fixture.close();
  await databases.close();
});

/** One process that runs an attempt and does not know whether it is still wanted. */
interface Writer {
  readonly phaseId: number;
  readonly attempt: number;
  step: number;
  seq: number;
  readonly sent: SegmentCommit[];
}

type Action =
  | {
      readonly kind: 'commit';
      readonly phases: readonly number[];
      readonly length: number;
      readonly checkpoint: boolean;
    }
  | { readonly kind: 'replay'; readonly phase: number; readonly back: number }
  | { readonly kind: 'stale'; readonly phase: number }
  | { readonly kind: 'end'; readonly phase: number; readonly how: 'fail' | 'stop' | 'vanish' | 'damage' }
  | { readonly kind: 'race'; readonly phase: number; readonly length: number; readonly checkpoint: boolean };

const phase = fc.integer({ min: 0, max: PHASES - 1 });
const length = fc.integer({ min: 1, max: 6 });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      phases: fc.uniqueArray(phase, { minLength: 1 }),
      length,
      checkpoint: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('replay' as const), phase, back: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stale' as const), phase }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      phase,
      how: fc.constantFrom('fail' as const, 'stop' as const, 'vanish' as const, 'damage' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('race' as const), phase, length, checkpoint: fc.boolean() }) },
);

function nextSegment(writer: Writer, length: number, checkpoint: boolean): SegmentCommit {
  const { phaseId, attempt, step } = writer;
  const to = Math.min(step + length, STEPS);
  writer.seq += 1;
  writer.step = to;
  const commit = segment({ phaseId, attempt, seq: writer.seq, from: step, to, checkpoint, items: true });
  writer.sent.push(commit);
  return commit;
}

class Run {
  readonly writers: Writer[] = [];
  readonly retired: Writer[] = [];
  committedRows = 0;
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  name(index: number): string {
    return `${this.#prefix}-${index}`;
  }
  async open(index: number): Promise<void> {
    const opening = await begin(fixture.store, this.name(index), index % 2 === 0 ? 'node-a' : 'node-b');
    const old = this.writers[index];
    if (old !== undefined) this.retired.push(old);
    const { phaseId, attempt, resume } = opening;
    this.writers[index] = { phaseId, attempt, step: resume?.step ?? 0, seq: 0, sent: [] };
  }
  async commit(commits: readonly SegmentCommit[]): Promise<readonly CommitOutcome[]> {
    const outcomes = await fixture.store.commitSegments(commits);
    outcomes.forEach((outcome, i) => {
      const commit = commits[i];
      if (outcome === 'committed' && commit !== undefined) this.committedRows += 2 * (commit.toStep - commit.fromStep);
    });
    return outcomes;
  }

  async act(one: Action): Promise<void> {
    const { store } = fixture;
    switch (one.kind) {
      case 'commit': {
        const segments = one.phases
          .map((index) => this.writers[index]!)
          .filter((writer) => writer.step < STEPS)
          .map((writer) => nextSegment(writer, one.length, one.checkpoint));
        const outcomes = await this.commit(segments);
        assert.deepEqual(
          outcomes,
          segments.map(() => 'committed'),
        );
        return;
      }
      case 'replay': {
        // known by its sequence alone: were it taken again, its steps would show
        const again = this.writers[one.phase]!.sent.slice(-one.back).map((commit) => ({
          ...segment({ ...commit, seq: Number(commit.seq), from: STEPS, to: STEPS + 2, checkpoint: true, items: true }),
        }));
        assert.deepEqual(
          await this.commit(again),
          again.map(() => 'already_committed'),
        );
        return;
      }
      case 'stale': {
        const writer = this.retired.find((old) => old.phaseId === this.writers[one.phase]!.phaseId && old.step < STEPS);
        if (writer === undefined) return;
        assert.deepEqual(await this.commit([nextSegment(writer, 3, true)]), ['fenced']);
        return;
      }
      case 'end': {
        const { phaseId, attempt } = this.writers[one.phase]!;
        const report = { failure: 'worker_crash', message: 'gone', details: {} } as const;
        if (one.how === 'fail') await store.failAttempt(phaseId, attempt, { ...report, code: 'TRAINER_CRASHED' });
        if (one.how === 'damage') await store.failAttempt(phaseId, attempt, { ...report, code: 'CHECKPOINT_DAMAGED' });
        if (one.how === 'stop') await store.stopAttempt(phaseId, attempt);
        await this.open(one.phase);
        return;
      }
      case 'race': {
        const writer = this.writers[one.phase]!;
        if (writer.step >= STEPS) return;
        // the old attempt's commit and the opening of the next reach Postgres at the same moment
        const [outcomes] = await Promise.all([
          this.commit([nextSegment(writer, one.length, one.checkpoint)]),
          this.open(one.phase),
        ]);
        assert.match(outcomes[0] ?? '', /^(committed|fenced)$/);
      }
    }
  }

  /** What must hold at every moment. */
  async check(): Promise<void> {
    const phaseIds = this.writers.map((writer) => writer.phaseId);
    assert.deepEqual(await fixture.rows(WRONG_LAST, [phaseIds]), [], 'the last-value table differs from the metrics');
    assert.deepEqual(
      await fixture.rows(WRONG_COSTS, [phaseIds]),
      [],
      'costs of phases differ from those of their segments',
    );
    assert.deepEqual(await fixture.rows(STRAYS, [phaseIds]), [], 'rows beyond a resume were left in the record');
    const [kept] = await fixture.rows<{ metrics: number; items: number }>(KEPT, [phaseIds]);
    assert.deepEqual(kept, { metrics: this.committedRows, items: this.committedRows / 2 }, 'rows were lost or doubled');
  }

  async finish(): Promise<void> {
    for (const writer of this.writers) {
      while (writer.step < STEPS) await this.commit([nextSegment(writer, 5, false)]);
      assert.equal(await fixture.store.completePhase(writer.phaseId, writer.attempt, 999n, '{}'), 'committed');
    }
  }
}

const RECORD = `
  select n.name, m.step, m.value from metrics m join metric_names n using (metric) where m.phase_id = $1 order by n.name, m.step`;
const ITEMS =
  'select item, prediction, gold, correct, tokens, seconds from evaluation_items where phase_id = $1 order by item';
const LAST =
  'select n.name, l.step, l.value from metric_last l join metric_names n using (metric) where l.phase_id = $1 order by n.name';
/** By phase and metric, in the table and not in the rows, or the other way round. */
const WRONG_LAST = `
  with newest as (
    select distinct on (phase_id, metric) phase_id, metric, step, value from metrics where phase_id = any ($1)
    order by phase_id, metric, step desc
  ), last as (select phase_id, metric, step, value from metric_last where phase_id = any ($1))
  (table newest except table last) union all (table last except table newest)`;
/** By phase, likewise. */
const WRONG_COSTS = `
  with added as (
    select phase_id, coalesce(sum(seconds) filter (where superseded_by is null), 0) as seconds,
      coalesce(sum(seconds) filter (where superseded_by > 0), 0) as superseded_seconds,
      coalesce(sum(tokens) filter (where superseded_by is null), 0) as tokens
    from gpu_seconds where phase_id = any ($1) group by phase_id
  ), kept as (select phase_id, seconds, superseded_seconds, tokens from phase_costs where phase_id = any ($1))
  (table added except table kept) union all (table kept except table added)`;
/** Written by an attempt although a later one resumed before its step. */
const STRAYS = `
  select m.step from metrics m join attempts a on a.phase_id = m.phase_id and a.attempt > m.attempt
  where m.phase_id = any ($1) and m.step > a.resume_step
  union all
  select i.step from evaluation_items i join attempts a on a.phase_id = i.phase_id and a.attempt > i.attempt
  where i.phase_id = any ($1) and i.step > a.resume_step
  union all
  select c.step from checkpoints c join attempts a on a.phase_id = c.phase_id and a.attempt > c.attempt
  where c.phase_id = any ($1) and c.step > a.resume_step and c.superseded_by is null`;
const KEPT = `
  select
    ((select count(*) from metrics where phase_id = any ($1)) + (select count(*) from metrics_superseded where phase_id = any ($1)))::int as metrics,
    ((select count(*) from evaluation_items where phase_id = any ($1)) + (select count(*) from evaluation_items_superseded where phase_id = any ($1)))::int as items`;

test('any interleaving of commits, replays, stale writers and new attempts ends with the rows of the undisturbed run', async () => {
  await fixture.plan('undisturbed', { trials: [[{ name: 'calm', steps: STEPS, stepMs: 1 }]] });
  const calm = await begin(fixture.store, 'calm');
  await fixture.store.commitSegments([
    segment({ phaseId: calm.phaseId, attempt: 1, seq: 1, from: 0, to: STEPS, items: true }),
  ]);
  const record = async (sql: string, phaseId: number): Promise<unknown> => fixture.rows(sql, [phaseId]);
  const expected = await Promise.all([RECORD, ITEMS, LAST].map((sql) => record(sql, calm.phaseId)));

  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      runs += 1;
      const prefix = `random-${runs}`;
      await fixture.plan(prefix, {
        trials: Array.from({ length: PHASES }, (_, i) => [{ name: `${prefix}-${i}`, steps: STEPS, stepMs: 1 }]),
      });
      const run = new Run(prefix);
      for (let index = 0; index < PHASES; index++) await run.open(index);
      for (const one of actions) {
        await run.act(one);
        await run.check();
      }
      await run.finish();
      await run.check();

      const phaseIds = run.writers.map((writer) => writer.phaseId);
      for (const phaseId of phaseIds) {
        const found = await Promise.all([RECORD, ITEMS, LAST].map((sql) => record(sql, phaseId)));
        assert.deepEqual(found, expected);
      }
      const open = await fixture.rows(
        "select 1 from phases where phase_id = any ($1) and (state <> 'finished' or owner_run_id is not null)",
        [phaseIds],
      );
      assert.deepEqual(open, []);
      const listed = await fixture.rows(
        'select state, count(*)::int as phases from sweep_phases where sweep = $1 group by 1',
        [prefix],
      );
      assert.deepEqual(listed, [{ state: 'finished', phases: PHASES }]);
    }),
    { numRuns: 25 },
  );
});

test('planners, claimers and writers of the same phases at once never stop each other for good', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `crowd-${i}`);
  const trials = names.map((name) => [{ name, steps: 4, stepMs: 1 }]);
  await Promise.all([
    fixture.plan('crowd-up', { trials }),
    fixture.plan('crowd-down', { trials: trials.toReversed() }),
  ]);
  const openings = await Promise.all(names.map((name) => begin(fixture.store, name)));
  const groups = [0, 1, 2, 3].map((from) => {
    const group = openings.map(({ phaseId }, i) =>
      segment({ phaseId, attempt: 1, seq: from + 1, from, to: from + 1, checkpoint: i % 3 === 0 }),
    );
    return from % 2 === 0 ? group : group.reverse();
  });
  const [outcomes] = await Promise.all([
    Promise.all(groups.map((group) => fixture.store.commitSegments(group))),
    Promise.all(names.slice(0, 10).map((name) => begin(fixture.store, name))),
  ]);
  const reopened = new Set(openings.slice(0, 10).map((one) => one.phaseId));
  const undisturbed = outcomes.flatMap((group, i) =>
    group.filter((_, j) => !reopened.has(groups[i]?.[j]?.phaseId ?? 0)),
  );
  assert.equal(undisturbed.length, 80);
  // of one attempt's segments that arrive together in any order, an older sequence after a newer one counts as recorded
  assert.ok(undisturbed.every((one) => one !== 'fenced'));
  const heads = await fixture.rows<{ n: number }>(
    "select count(*)::int as n from attempts where phase_id = any ($1) and last_seq = 4 and state = 'open'",
    [openings.slice(10).map((one) => one.phaseId)],
  );
  assert.deepEqual(heads, [{ n: 20 }]);
});

type Grip =
  | { readonly kind: 'close'; readonly trial: number; readonly state: 'finished' | 'failed' }
  | { readonly kind: 'retry' | 'start' | 'cancel' | 'finish'; readonly sweep: number };

const SHARED = 3;
const grip: fc.Arbitrary<Grip> = fc.oneof(
  fc.record({
    kind: fc.constant('close' as const),
    trial: fc.integer({ min: 0, max: SHARED - 1 }),
    state: fc.constantFrom('finished' as const, 'failed' as const),
  }),
  fc.record({
    kind: fc.constantFrom('retry' as const, 'start' as const, 'cancel' as const, 'finish' as const),
    sweep: fc.integer({ min: 0, max: 1 }),
  }),
);
/** Cells that say something else than their trial although their sweep goes on, and cells of a finished sweep that are open or have no reason. */
const DISAGREEING = `
  select st.sweep, st.cell, st.state, t.state as trial, s.state as sweep_state
  from sweep_trials st join trials t using (trial_id) join sweeps s using (sweep_id) join study.cells c using (sweep, cell)
  where st.sweep_id = any ($1) and case s.state
    when 'cancelled' then st.state = 'failed' and c.failure is null
    when 'finished' then st.state = 'planned' or (st.state = 'failed' and c.failure is null) or (t.state <> 'planned' and st.state <> t.state)
    else st.state <> t.state
  end`;
const STATE_AFTER = { cancel: 'cancelled', start: 'planning', finish: 'finished' } as const;

test('sweeps that share their trials agree on what is open, whatever is closed, retried, cancelled, finished and started again at once', async () => {
  const { store } = fixture;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(grip, { minLength: 2, maxLength: 4 }), { maxLength: 12 }), async (moments) => {
      runs += 1;
      const trials = Array.from({ length: SHARED }, (_, i) => [{ name: `shared-${runs}-${i}`, steps: 4, stepMs: 1 }]);
      const sweeps = [await fixture.plan(`left-${runs}`, { trials }), await fixture.plan(`right-${runs}`, { trials })];
      const sweepIds = sweeps.map(({ sweepId }) => sweepId);
      const opened = await store.openTrials(sweepIds[0] ?? 0, 0, SHARED);
      const act = async (one: Grip): Promise<unknown> => {
        if (one.kind === 'close')
          return store.closeTrial(opened[one.trial]?.trialId ?? 0, one.state, { failure: 'nan_loss', message: 'no' });
        const sweepId = sweepIds[one.sweep] ?? 0;
        if (one.kind === 'retry') return store.retryFailed(sweepId);
        return store.setSweepState(sweepId, STATE_AFTER[one.kind]);
      };
      for (const moment of moments) {
        await Promise.all(moment.map(act));
        assert.deepEqual(await fixture.rows(DISAGREEING, [sweepIds]), []);
        for (const sweepId of sweepIds) {
          const [first] = await store.openTrials(sweepId, 0, SHARED);
          assert.equal((await store.nextOpenRange(sweepId, 1, []))?.from, first?.cell);
        }
      }
    }),
    { numRuns: 40 },
  );
});
