import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStore } from '../../services/store/index.ts';
import type { FailureReport, SegmentCommit } from '../../services/store/types.ts';
import { openDatabases } from './postgres.ts';
import { keyOf, sharedBaseSpec } from './scripted-sweep.ts';
import {
  begin,
  openStoreFixture,
  owner,
  placeOn,
  planAll,
  type StoreFixture,
  segment,
  sweepFile,
} from './store-fixture.ts';
import { until } from './until.ts';

let databases: Awaited<ReturnType<typeof openDatabases>>;
let fixture: StoreFixture;
before(async () => {
  databases = await openDatabases();
  fixture = await openStoreFixture(databases);
});
after(async () => {
  await fixture.close();
  await databases.close();
});

const phaseSpec = (...names: readonly string[]): Parameters<StoreFixture['plan']>[1] => ({
  trials: names.map((name) => [{ name, steps: 10, stepMs: 1 }]),
});
const nan: FailureReport = { code: 'NAN_LOSS', failure: 'nan_loss', message: 'loss is NaN\0', details: { step: 3 } };

async function steps(phaseId: number, metric = 'loss_nats'): Promise<readonly number[]> {
  const found = await fixture.rows<{ step: number }>(
    'select step from metrics join metric_names using (metric) where phase_id = $1 and name = $2 order by step',
    [phaseId, metric],
  );
  return found.map((row) => row.step);
}
async function last(phaseId: number): Promise<{ readonly step: number; readonly value: number } | undefined> {
  const [row] = await fixture.rows<{ step: number; value: number }>(
    "select step, value from metric_last join metric_names using (metric) where phase_id = $1 and name = 'loss_nats'",
    [phaseId],
  );
  return row;
}

test('a sweep file is created once, is known by its hash, and is extended by revisions', async () => {
  const { store } = fixture;
  const file = sweepFile('files', phaseSpec('files-a'));
  const created = await Promise.all([store.createSweep(file), store.createSweep(file)]);
  assert.deepEqual(created.map((one) => one.kind).sort(), ['created', 'same']);
  const other = sweepFile('files', phaseSpec('files-a', 'files-b'));
  assert.equal((await store.createSweep(other)).kind, 'different');
  assert.equal((await store.extendSweep(other, 1))?.revision, 2);
  assert.equal((await store.extendSweep(other, 1))?.revision, 2);
  assert.equal(
    await store.extendSweep(file, 1),
    null,
    'it was compared with a revision that is no longer the present one',
  );
  const sweep = await store.sweepByName('files');
  assert.deepEqual(sweep, {
    ...{ sweepId: created[0].sweep.sweepId, name: 'files', revision: 2, state: 'planning' },
    ...{ spec: other.spec, specHash: other.specHash, cells: 2, priority: 3, weight: 1, width: null },
  });
  await store.updateSweepSettings(sweep?.sweepId ?? 0, { priority: 1, weight: 2.5, width: 7 });
  assert.equal((await store.sweepByName('files'))?.width, 7);
  assert.equal(await store.sweepByName('nowhere'), null);
  await assert.rejects(store.extendSweep({ ...file, name: 'nowhere' }, 1), /NOT_FOUND/);
});

test('planning twice or by two planners at once keeps every cell once, and overlapping sweeps share trials and phases', async () => {
  const { store } = fixture;
  const spec = sharedBaseSpec(20, { steps: 4, stepMs: 1 }, 'grid');
  const { sweepId } = await fixture.plan('grid', spec);
  await planAll(store, sweepId, spec);
  const { sweep: twin } = await store.createSweep(sweepFile('grid-twin', spec));
  await Promise.all([
    planAll(store, twin.sweepId, spec),
    planAll(store, twin.sweepId, spec),
    planAll(store, sweepId, spec),
  ]);
  const counted = await fixture.rows(
    `select (select count(*)::int from sweep_trials where sweep_id = any ($1)) as cells,
      (select count(distinct trial_id)::int from sweep_trials where sweep_id = any ($1)) as trials,
      (select count(distinct phase_id)::int from trial_phases join sweep_trials using (trial_id) where sweep_id = any ($1)) as phases`,
    [[sweepId, twin.sweepId]],
  );
  assert.deepEqual(counted, [{ cells: 40, trials: 20, phases: 21 }]);
  assert.equal((await store.sweepTrialKeys(sweepId)).size, 20);
  const opened = await store.openTrials(sweepId, 3, 5);
  assert.deepEqual(
    opened.map(({ cell, phases }) => [cell, phases.map((one) => [one.key, one.kind, one.state, one.parentKey])]),
    [3, 4].map((cell) => [
      cell,
      [
        [keyOf('grid-base'), 'base', 'planned', null],
        [keyOf(`grid-finetune-${cell}`), 'base', 'planned', keyOf('grid-base')],
      ],
    ]),
  );
});

test('cells whose numbers another planner took meanwhile are appended, none is lost', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('late', phaseSpec('late-a', 'late-b'));
  await planAll(store, sweepId, phaseSpec('late-c', 'late-b', 'late-d'));
  const cells = await fixture.rows<{ cell: number; trial_key: string }>(
    'select cell, trial_key from sweep_trials join trials using (trial_id) where sweep_id = $1 order by cell',
    [sweepId],
  );
  assert.deepEqual(
    cells.map((row) => row.trial_key),
    ['late-a', 'late-b', 'late-c', 'late-d'].map(keyOf),
  );
});

test('ranges begin at an open cell, skip what runs, end before it, and are null when all is closed', async () => {
  const { store } = fixture;
  const names = Array.from({ length: 10 }, (_, i) => `range-${i}`);
  const { sweepId } = await fixture.plan('ranges', phaseSpec(...names));
  const trials = await store.openTrials(sweepId, 0, 10);
  for (const { trialId } of trials.slice(0, 2)) await store.closeTrial(trialId, 'finished');
  assert.deepEqual(await store.nextOpenRange(sweepId, 4, []), { from: 2, to: 6 });
  assert.deepEqual(await store.nextOpenRange(sweepId, 4, [{ from: 4, to: 6 }]), { from: 2, to: 4 });
  assert.deepEqual(await store.nextOpenRange(sweepId, 4, [{ from: 2, to: 6 }]), { from: 6, to: 10 });
  assert.deepEqual(await store.nextOpenRange(sweepId, 9, [{ from: 2, to: 6 }]), { from: 6, to: 10 });
  assert.equal(await store.nextOpenRange(sweepId, 4, [{ from: 0, to: 10 }]), null);
  assert.deepEqual(await store.sweepCounts(sweepId), { finished: 2, failed: 0, open: 8 });
  for (const { trialId } of trials) await store.closeTrial(trialId, 'finished');
  assert.equal(await store.nextOpenRange(sweepId, 4, []), null);
});

test('one workflow has a phase; others wait, take it over only from the owner they saw closed, and learn its end', async () => {
  const { store } = fixture;
  await fixture.plan('claims', phaseSpec('claim-a'));
  const key = keyOf('claim-a');
  const many = ['a', 'b', 'c', 'd', 'e'].map(owner);
  const claims = await Promise.all(many.map((one) => store.claimPhase(key, one)));
  const winner = many[claims.findIndex((one) => one.kind === 'run')] ?? owner('none');
  assert.deepEqual(
    claims.filter((one) => one.kind === 'wait'),
    Array.from({ length: 4 }, () => ({ kind: 'wait', owner: winner })),
  );
  assert.deepEqual(await store.claimPhase(key, winner), { kind: 'run', fence: 1 });
  assert.deepEqual(await store.phaseOwner(key), winner);
  assert.deepEqual(await store.claimPhase(key, owner('x'), { takeOver: owner('not the owner') }), {
    kind: 'wait',
    owner: winner,
  });

  assert.deepEqual(await store.claimPhase(key, owner('x'), { takeOver: winner }), { kind: 'run', fence: 2 });
  await assert.rejects(store.openAttempt(key, 1, placeOn('node-a'), 'on node-a'), /FENCED/);
  await store.releaseClaim(key, winner);
  assert.deepEqual(await store.phaseOwner(key), owner('x'));
  await store.releaseClaim(key, owner('x'));
  assert.equal(await store.phaseOwner(key), null);
  await assert.rejects(
    store.openAttempt(key, 2, placeOn('node-a'), 'on node-a'),
    /FENCED/,
    'a claim given back opens nothing',
  );

  assert.deepEqual(await store.claimPhase(key, owner('y')), { kind: 'run', fence: 3 });
  await store.failPhase(key, { failure: 'nan_loss', message: 'no' });
  assert.deepEqual(await store.claimPhase(key, owner('z')), { kind: 'failed', failure: 'nan_loss', message: 'no' });
  await assert.rejects(store.claimPhase(keyOf('nowhere'), owner('z')), /NOT_FOUND/);
});

test('listeners hear of claims, releases and ends of a phase', async () => {
  const { store } = fixture;
  await fixture.plan('news', phaseSpec('news-a'));
  const key = keyOf('news-a');
  const heard: (string | null)[] = [];
  const stop = new AbortController();
  const listening = store.listenPhases(stop.signal, (one) => heard.push(one));
  const next = async (what: string, change: () => Promise<unknown>): Promise<void> => {
    const had = heard.length;
    await change();
    await until(what, () => heard.slice(had).includes(key));
  };
  await until('it listens', () => heard.includes(null));
  let fence = 0;
  await next('claim', async () => {
    const claim = await store.claimPhase(key, owner('n'));
    fence = claim.kind === 'run' ? claim.fence : 0;
  });
  await next('start', () => store.openAttempt(key, fence, placeOn('node-a'), 'on node-a'));
  const [{ phase_id: phaseId } = { phase_id: 0 }] = await fixture.rows<{ phase_id: number }>(
    'select phase_id::int from phases where phase_key = $1',
    [key],
  );
  await next('stop', () => store.stopAttempt(phaseId, 1));
  await next('release', () => store.releaseClaim(key, owner('n')));
  const { attempt } = await begin(store, 'news-a');
  await next('end', () => store.completePhase(phaseId, attempt, 1n, '{}'));
  assert.deepEqual(await store.claimPhase(key, owner('other')), { kind: 'done' });
  stop.abort();
  await listening;
});

test('a segment is recorded with everything it brings; a replay changes nothing', async () => {
  const { store } = fixture;
  await fixture.plan('segments', phaseSpec('segment-a'));
  const { phaseId, attempt, resume, parent, totalSteps, configJson } = await begin(store, 'segment-a');
  assert.deepEqual([attempt, resume, parent, totalSteps], [1, null, null, 10]);
  assert.equal((JSON.parse(configJson) as { kind: string }).kind, 'base');
  const first = segment({ phaseId, attempt, seq: 2, from: 0, to: 4, checkpoint: true, items: true });
  assert.deepEqual(await store.commitSegments([first]), ['committed']);
  assert.deepEqual(await store.commitSegments([first]), ['already_committed']);
  assert.deepEqual(await store.commitSegments([first, segment({ phaseId, attempt, seq: 3, from: 4, to: 6 })]), [
    'already_committed',
    'committed',
  ]);
  assert.deepEqual(await steps(phaseId), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(await last(phaseId), { step: 6, value: 1 / 6 });
  const counted = await fixture.rows(
    `select (select count(*)::int from evaluation_items where phase_id = $1) as items,
      (select sum(seconds) from gpu_seconds where phase_id = $1) as seconds,
      (select sum(tokens)::int from gpu_seconds where phase_id = $1) as tokens,
      (select array_agg(step) from checkpoints where phase_id = $1) as checkpoints`,
    [phaseId],
  );
  assert.deepEqual(counted, [{ items: 4, seconds: 6, tokens: 600, checkpoints: [4] }]);
  assert.equal((await store.placementOf(keyOf('segment-a'))).checkpointNode, 'node-a');
  const [open] = await store.openAttemptsOnNode('node-a').then((all) => all.filter((one) => one.phaseId === phaseId));
  const recorded = { lastSeq: 3n, step: 6, totalSteps: 10 };
  assert.deepEqual(open, { phaseId, phaseKey: keyOf('segment-a'), attempt, place: placeOn('node-a'), ...recorded });
  assert.deepEqual(await store.attemptRecord(phaseId, attempt), recorded);
});

test('values that JSON has no words for, null characters and large sequences survive', async () => {
  const { store } = fixture;
  await fixture.plan('odd', phaseSpec('odd-a'));
  const { phaseId, attempt } = await begin(store, 'odd-a');
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 0.1, 1.7976931348623157e308];
  const item = { item: 1, prediction: 'a\0b"\\{},\n', gold: '', correct: false, tokens: 0, seconds: 0 };
  const seq = 2n ** 62n;
  const odd = {
    ...segment({ phaseId, attempt, seq: 1, from: 0, to: 6 }),
    ...{ seq, metrics: [{ name: 'odd', steps: [1, 2, 3, 4, 5, 6], values }], items: [item] },
  };
  assert.deepEqual(await store.commitSegments([odd]), ['committed']);
  assert.deepEqual(await store.commitSegments([{ ...odd, seq: seq - 1n }]), ['already_committed']);
  const stored = await fixture.rows<{ value: number }>('select value from metrics where phase_id = $1 order by step', [
    phaseId,
  ]);
  assert.deepEqual(
    stored.map((row) => row.value),
    values,
  );
  const [text] = await fixture.rows<{ prediction: string }>(
    'select prediction from evaluation_items where phase_id = $1',
    [phaseId],
  );
  assert.equal(text?.prediction, 'a\u2400b"\\{},\n');
  await store.failAttempt(phaseId, attempt, nan);
  const failed = await fixture.rows('select state, failure, code, message, details from attempts where phase_id = $1', [
    phaseId,
  ]);
  assert.deepEqual(failed, [
    { state: 'failed', failure: 'nan_loss', code: 'NAN_LOSS', message: 'loss is NaN\u2400', details: { step: 3 } },
  ]);
});

test('a newer attempt refuses every write of the older one, and its own segments in one group still count', async () => {
  const { store } = fixture;
  await fixture.plan('fences', phaseSpec('fence-a', 'fence-b'));
  const old = await begin(store, 'fence-a');
  const other = await begin(store, 'fence-b');
  const { phaseId } = old;
  const now = await begin(store, 'fence-a', 'node-b');
  assert.equal(now.attempt, 2);
  const outcomes = await store.commitSegments([
    segment({ phaseId, attempt: 1, seq: 1, from: 0, to: 2, checkpoint: true, items: true }),
    segment({ phaseId: other.phaseId, attempt: 1, seq: 1, from: 0, to: 3 }),
    segment({ phaseId, attempt: 2, seq: 1, from: 0, to: 1 }),
  ]);
  assert.deepEqual(outcomes, ['fenced', 'committed', 'committed']);
  assert.deepEqual([await steps(phaseId), await steps(other.phaseId)], [[1], [1, 2, 3]]);
  assert.equal(await store.completePhase(phaseId, 1, 9n, '{}'), 'fenced');
  await store.failAttempt(phaseId, 1, nan);
  await store.stopAttempt(phaseId, 1);
  assert.deepEqual((await store.failureRecord(phaseId)).counts, {});
  assert.deepEqual(
    await fixture.rows('select attempt, state from attempts where phase_id = $1 order by 1', [phaseId]),
    [
      { attempt: 1, state: 'superseded' },
      { attempt: 2, state: 'open' },
    ],
  );
  await assert.rejects(store.commitSegments([segment({ phaseId, attempt: 9, seq: 1, from: 0, to: 1 })]), /NOT_FOUND/);
  assert.equal(await store.completePhase(phaseId, 2, 9n, '{}'), 'committed');
  assert.equal(await store.completePhase(phaseId, 2, 9n, '{}'), 'already_committed');
  await assert.rejects(store.openAttempt(keyOf('fence-a'), 1, placeOn('node-a'), 'on node-a'), /FENCED/);
});

test('a resume goes on from the newest checkpoint and moves what lies beyond it out of the record', async () => {
  const { store } = fixture;
  await fixture.plan('resumes', {
    trials: [
      [
        { name: 'resume-base', steps: 2, stepMs: 1 },
        { name: 'resume-a', steps: 9, stepMs: 1 },
      ],
    ],
  });
  const base = await begin(store, 'resume-base');
  await store.commitSegments([
    segment({ phaseId: base.phaseId, attempt: 1, seq: 1, from: 0, to: 2, checkpoint: true }),
  ]);
  await store.completePhase(base.phaseId, 1, 2n, '{}');
  const first = await begin(store, 'resume-a');
  assert.equal(first.parent?.step, 2);
  assert.equal(first.parent.bytes, 2 ** 33);
  const { phaseId } = first;
  const from = (attempt: number, seq: number, a: number, b: number, checkpoint = false): ReturnType<typeof segment> =>
    segment({ phaseId, attempt, seq, from: a, to: b, checkpoint, items: true });
  await store.commitSegments([from(1, 1, 0, 3, true), from(1, 2, 3, 5), from(1, 3, 5, 6)]);
  await store.failAttempt(phaseId, 1, { ...nan, failure: 'worker_crash', code: 'TRAINER_CRASHED' });
  const second = await begin(store, 'resume-a', 'node-b');
  assert.deepEqual([second.attempt, second.resume?.step], [2, 3]);
  assert.deepEqual(await steps(phaseId), [1, 2, 3]);
  assert.deepEqual(await last(phaseId), { step: 3, value: 1 / 3 });
  const moved = await fixture.rows(
    `select (select array_agg(step order by step) from metrics_superseded join metric_names using (metric)
        where phase_id = $1 and name = 'loss_nats' and attempt = 1 and superseded_by = 2) as steps,
      (select array_agg(item order by item) from evaluation_items_superseded where phase_id = $1) as items,
      (select array_agg(item order by item) from evaluation_items where phase_id = $1) as kept,
      (select sum(seconds) from gpu_seconds where phase_id = $1 and superseded_by = 2) as lost`,
    [phaseId],
  );
  assert.deepEqual(moved, [{ steps: [4, 5, 6], items: [4, 5, 6], kept: [1, 2, 3], lost: 3 }]);
  await store.commitSegments([from(2, 1, 3, 7, true), from(2, 2, 7, 9)]);
  assert.deepEqual(await steps(phaseId), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal((await store.placementOf(keyOf('resume-a'))).checkpointNode, 'node-b');

  // a damaged checkpoint is never used again: the one before it is
  const third = await begin(store, 'resume-a');
  assert.equal(third.resume?.step, 7);
  await store.failAttempt(phaseId, 3, {
    code: 'CHECKPOINT_DAMAGED',
    failure: 'artifact_store',
    message: 'hash',
    details: {},
  });
  const fourth = await begin(store, 'resume-a');
  assert.equal(fourth.resume?.step, 3);
  assert.deepEqual(await steps(phaseId), [1, 2, 3]);
});

test('failures are counted by class, and a retry forgives those of failed phases', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('retries', phaseSpec('retry-a', 'retry-b'));
  const [a, b] = await store.openTrials(sweepId, 0, 2);
  assert.ok(a !== undefined && b !== undefined);
  for (let i = 1; i <= 2; i++) {
    const { phaseId, attempt } = await begin(store, 'retry-a');
    await store.failAttempt(phaseId, attempt, { ...nan, failure: 'code_error', code: 'INTERNAL' });
    await store.failAttempt(phaseId, attempt, nan);
    assert.deepEqual((await store.failureRecord(phaseId)).counts, { code_error: i });
  }
  const phaseId = a.phases[0]?.phaseId ?? 0;
  await store.failPhase(keyOf('retry-a'), { failure: 'code_error', message: 'twice' });
  await store.closeTrial(a.trialId, 'failed', { failure: 'code_error', message: 'twice' });
  await store.closeTrial(b.trialId, 'finished');
  await store.closeTrial(b.trialId, 'failed', { failure: 'code_error', message: 'late news' });
  assert.deepEqual(await store.sweepCounts(sweepId), { finished: 1, failed: 1, open: 0 });
  assert.deepEqual(await store.retryFailed(sweepId), [0]);
  assert.deepEqual(await store.retryFailed(sweepId), []);
  assert.deepEqual((await store.failureRecord(phaseId)).counts, {});
  assert.deepEqual(await store.sweepCounts(sweepId), { finished: 1, failed: 0, open: 1 });
  assert.equal((await begin(store, 'retry-a')).attempt, 3);
});

test('a node is served by one replica at a time, by the clock of the database', async () => {
  const { store } = fixture;
  const owned = await Promise.all(['r1', 'r2', 'r3'].map((replica) => store.ownNode('node-a', replica, 60_000)));
  assert.equal(owned.filter(Boolean).length, 1);
  const winner = `r${owned.indexOf(true) + 1}`;
  const loser = winner === 'r1' ? 'r2' : 'r1';
  assert.equal(await store.ownNode('node-a', winner, 60_000), true);
  assert.deepEqual(await store.renewNodes(['node-a', 'node-b'], winner, 60_000), ['node-a']);
  assert.deepEqual(await store.renewNodes(['node-a'], loser, 60_000), []);
  await store.releaseNode('node-a', loser);
  assert.equal(await store.ownNode('node-a', loser, 60_000), false);
  await store.renewNodes(['node-a'], winner, 0);
  assert.equal(await store.ownNode('node-a', loser, 60_000), true, 'the lease had expired');
  assert.deepEqual(await store.renewNodes(['node-a'], winner, 60_000), []);
  await store.releaseNode('node-a', loser);
  assert.equal(await store.ownNode('node-a', winner, 60_000), true);
  await store.nodeEvent('node-a', 'registered', { replica: winner });
  const nodes = await fixture.rows(
    'select node, connected, slots, memory_bytes, owner, last_event from study.nodes order by node limit 1',
  );
  assert.deepEqual(nodes, [
    {
      node: 'node-a',
      connected: true,
      slots: 4,
      memory_bytes: String(8 * 2 ** 30),
      owner: winner,
      last_event: 'registered',
    },
  ]);
  await assert.rejects(store.ownNode('nowhere', 'r1', 1), /NOT_FOUND/);
  await assert.rejects(store.nodeEvent('nowhere', 'lost', {}), /NOT_FOUND/);
});

test('ids of metric names go beyond a short integer, and what is refused takes none', async () => {
  const { store } = fixture;
  await fixture.plan('names', { trials: [[{ name: 'names-a', steps: 3, stepMs: 1 }]] });
  const { phaseId, attempt } = await begin(store, 'names-a');
  const named = (seq: number, name: string): SegmentCommit => ({
    ...segment({ phaseId, attempt, seq, from: seq - 1, to: seq }),
    metrics: [{ name, steps: [seq], values: [seq] }],
  });
  const last = async (): Promise<number> => {
    const [row] = await fixture.rows<{ id: number }>('select last_value::integer as id from metric_names_metric_seq');
    return row?.id ?? 0;
  };
  await fixture.rows("select setval('metric_names_metric_seq', 32767)");
  assert.deepEqual(await store.commitSegments([named(1, 'first-long-id')]), ['committed']);
  assert.equal(await last(), 32_768);
  // the second store knows none of the names yet
  const other = openStore({ url: fixture.url });
  assert.deepEqual(
    await Promise.all([store.commitSegments([named(2, 'at-once')]), other.commitSegments([named(2, 'at-once')])]).then(
      (all) => all.flat().sort(),
    ),
    ['already_committed', 'committed'],
  );
  assert.deepEqual(await other.commitSegments([named(3, 'first-long-id')]), ['committed']);
  await other.close();
  assert.equal(await last(), 32_769, 'names that are known take no id');
  const values = await fixture.rows(
    'select step, value from metrics where phase_id = $1 and metric > 32767 order by step',
    [phaseId],
  );
  assert.deepEqual(
    values,
    [1, 2, 3].map((step) => ({ step, value: step })),
  );
});

test('numbers that contradict each other are refused by the tables too', async () => {
  const [phase] = await fixture.rows<{ phase_id: number }>('select max(phase_id)::integer as phase_id from phases');
  const id = phase?.phase_id ?? 0;
  const bad = [
    `insert into evaluations (phase_id, split, items, correct, accuracy, chance) values (${id}, 'test', 10, 11, 0.5, 0)`,
    `insert into evaluations (phase_id, split, items, correct, accuracy, chance) values (${id}, 'test', 10, 1, 17, 0)`,
    `insert into gpu_seconds (phase_id, attempt, seq, from_step, to_step, seconds, tokens) values (${id}, 9, 9, 0, 1, -1, 0)`,
    `insert into gpu_seconds (phase_id, attempt, seq, from_step, to_step, seconds, tokens) values (${id}, 9, 9, 500, 3, 1, 0)`,
  ];
  for (const sql of bad) await assert.rejects(fixture.rows(sql), { code: '23514' });
});
