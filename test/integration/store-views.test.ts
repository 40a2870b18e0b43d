// The views of schema study through a trial's life: what people read is what the orchestrator wrote, in every state.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SegmentCommit } from '../../services/store/index.ts';
import { phaseResultJson } from '../../workflows/domain/phase-result.ts';
import { openDatabases } from './postgres.ts';
import { keyOf } from './scripted-sweep.ts';
import { begin, openStoreFixture, type StoreFixture, segment } from './store-fixture.ts';

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

const pair = (prefix: string): Parameters<StoreFixture['plan']>[1] => ({
  trials: [0, 1].map((i) => [
    { name: `${prefix}-base`, steps: 2, stepMs: 1 },
    { name: `${prefix}-${i}`, steps: 4, stepMs: 1 },
  ]),
});
const states = async (sweep: string): Promise<readonly string[]> =>
  (await fixture.rows<{ state: string }>('select state from study.cells where sweep = $1 order by cell', [sweep])).map(
    (row) => row.state,
  );
const counts = async (sweep: string): Promise<Readonly<Record<string, number>>> => {
  const [row] = await fixture.rows<Record<string, number>>(
    'select planned, waiting, running, paused, finished, failed, cancelled, stopped_early from study.sweeps where sweep = $1',
    [sweep],
  );
  return Object.fromEntries(Object.entries(row ?? {}).filter(([, count]) => count > 0));
};
const evaluation = (correct: number): string =>
  JSON.stringify({
    weightsSha256: 'a'.repeat(64),
    capacityFloatsPerLatent: 8,
    evaluation: { split: 'test', items: 10, correct, accuracy: correct / 10, chance: 0.5 },
  });

test('a cell is planned, running while one of its phases runs, then finished with its numbers', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('life', pair('life'));
  const trials = await store.openTrials(sweepId, 0, 2);
  assert.deepEqual(await states('life'), ['planned', 'planned']);

  const base = await begin(store, 'life-base');
  assert.deepEqual(await states('life'), ['waiting', 'waiting'], 'a shared phase runs, for both of them');
  assert.deepEqual(await counts('life'), { waiting: 2 });
  await store.attemptProgress([
    { phaseId: base.phaseId, attempt: 1, step: 1, totalSteps: 2, lossNats: 2.5, tokensPerSecond: 1000 },
    { phaseId: base.phaseId, attempt: 7, step: 9, totalSteps: 2, lossNats: 0, tokensPerSecond: 1 },
  ]);
  const running = await fixture.rows(
    `select cells, phase_key, kind, system, attempt, node, slot, committed_step, step, total_steps, loss_nats, tokens_per_second
     from study.running where sweep = 'life'`,
  );
  assert.deepEqual(running, [
    {
      ...{
        cells: [0, 1],
        phase_key: keyOf('life-base'),
        kind: 'base',
        system: null,
        attempt: 1,
        node: 'node-a',
        slot: 0,
      },
      ...{ committed_step: 0, step: 1, total_steps: 2, loss_nats: 2.5, tokens_per_second: 1000 },
    },
  ]);
  await store.commitSegments([
    segment({ phaseId: base.phaseId, attempt: 1, seq: 1, from: 0, to: 2, checkpoint: true }),
  ]);
  await store.completePhase(base.phaseId, 1, 2n, '{}');
  assert.deepEqual(await states('life'), ['planned', 'planned']);

  const own = await begin(store, 'life-0');
  assert.deepEqual(await states('life'), ['running', 'planned']);
  assert.deepEqual(await counts('life'), { running: 1, planned: 1 });
  await store.commitSegments([segment({ phaseId: own.phaseId, attempt: 1, seq: 1, from: 0, to: 4, checkpoint: true })]);
  await store.completePhase(own.phaseId, 1, 2n, evaluation(7));
  await store.closeTrial(trials[0]?.trialId ?? 0, 'finished');
  assert.deepEqual(await states('life'), ['finished', 'planned']);
  const cells = await fixture.rows(
    `select cell, system, task, latents, channel, capacity_floats_per_latent, seed::int, point, accuracy, chance, items,
      final_loss, steps, total_steps, attempts, failure, gpu_seconds
     from study.cells where sweep = 'life' and cell = 0`,
  );
  assert.deepEqual(cells, [
    {
      ...{ cell: 0, system: 'liu', task: 'countdown', latents: 4, channel: 'embedding', capacity_floats_per_latent: 8 },
      ...{ seed: 0, point: { index: 0 }, accuracy: 0.7, chance: 0.5, items: 10, final_loss: 1 / 4, steps: 4 },
      ...{ total_steps: 4, attempts: 2, failure: null, gpu_seconds: 6 },
    },
  ]);
  const phases = await fixture.rows(
    `select cell, position, kind, state, step, attempts, node, weights_sha256 is not null as hashed
     from study.phases where sweep = 'life' order by cell, position`,
  );
  assert.deepEqual(phases, [
    { cell: 0, position: 0, kind: 'base', state: 'finished', step: 2, attempts: 1, node: 'node-a', hashed: false },
    { cell: 0, position: 1, kind: 'base', state: 'finished', step: 4, attempts: 1, node: 'node-a', hashed: true },
    { cell: 1, position: 0, kind: 'base', state: 'finished', step: 2, attempts: 1, node: 'node-a', hashed: false },
    { cell: 1, position: 1, kind: 'base', state: 'planned', step: 0, attempts: 0, node: null, hashed: false },
  ]);
  const curve = await fixture.rows(
    `select step, value from study.curves
     where sweep = 'life' and cell = 0 and phase_key = $1 and metric = 'loss_nats' order by step`,
    [keyOf('life-0')],
  );
  assert.deepEqual(
    curve,
    [1, 2, 3, 4].map((step) => ({ step, value: 1 / step })),
  );
  assert.deepEqual(await fixture.rows('select * from attempt_progress'), [], 'live numbers end with their attempt');

  const other = await begin(store, 'life-1');
  await store.completePhase(other.phaseId, 1, 1n, evaluation(9));
  await store.closeTrial(trials[1]?.trialId ?? 0, 'finished');
  const accuracy = await fixture.rows(
    `select point, seeds, accuracy, chance, items from study.accuracy where sweep = 'life' order by accuracy`,
  );
  assert.deepEqual(accuracy, [
    { point: { index: 0 }, seeds: 1, accuracy: 0.7, chance: 0.5, items: 10 },
    { point: { index: 1 }, seeds: 1, accuracy: 0.9, chance: 0.5, items: 10 },
  ]);
});

test('analyses of a finished phase are rows of its cells, also where a number is not finite', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('looked', pair('looked'));
  await store.openTrials(sweepId, 0, 2);
  const base = await begin(store, 'looked-base');
  await store.commitSegments([
    segment({ phaseId: base.phaseId, attempt: 1, seq: 1, from: 0, to: 2, checkpoint: true }),
  ]);
  await store.completePhase(base.phaseId, 1, 2n, '{}');
  const { phaseId } = await begin(store, 'looked-0');
  const analyses = [
    { name: 'causal_accuracy', label: 'zero', i: null, j: null, value: 0.25 },
    { name: 'cross_capture', label: '', i: 0, j: 1, value: 0.9 },
    { name: 'silhouette_by_slot', label: '', i: 3, j: null, value: Number.NaN },
    { name: 'causal_loss', label: 'truncate:2', i: null, j: null, value: Number.POSITIVE_INFINITY },
  ];
  const result = { weightsSha256: null, capacityFloatsPerLatent: 8, evaluation: null, analyses };
  for (const outcome of ['committed', 'already_committed'])
    assert.equal(await store.completePhase(phaseId, 1, 1n, phaseResultJson(result)), outcome);
  const rows = await fixture.rows(
    `select cell, system, task, latents, channel, capacity_floats_per_latent, seed::int, phase, analysis, label, i, j, value
     from study.analyses where sweep = 'looked' order by analysis`,
  );
  const shared = {
    cell: 0,
    system: 'liu',
    task: 'countdown',
    latents: 4,
    channel: 'embedding',
    seed: 0,
    phase: 'base',
  };
  assert.deepEqual(
    rows,
    analyses
      .map(({ name, ...rest }) => ({ ...shared, capacity_floats_per_latent: 8, analysis: name, ...rest }))
      .sort((a, b) => (a.analysis < b.analysis ? -1 : 1)),
  );
  const [kept] = await fixture.rows<{ result: object }>('select result from phases where phase_id = $1', [phaseId]);
  assert.deepEqual(kept?.result, { weightsSha256: null, capacityFloatsPerLatent: 8, evaluation: null });
});

test('accuracy is averaged over the seeds of a point', async () => {
  await fixture.rows(`
    with s as (insert into sweeps (name, state, spec, spec_hash, cells, priority, weight) values ('seeds', 'running', '{}', '', 3, 3, 1) returning sweep_id),
    t as (insert into trials (trial_key, settings, system, task, latents, seed)
      select 'seed-' || i, '{}', 'h1', 'prosqa', 8, i from generate_series(0, 2) i returning trial_id, seed),
    p as (insert into phases (phase_key, kind, config, total_steps, state) select 'seed-' || i, 'evaluate', '{}', 1, 'finished' from generate_series(0, 2) i
      returning phase_id, phase_key),
    tp as (insert into trial_phases select t.trial_id, 0, p.phase_id from t join p on p.phase_key = 'seed-' || t.seed),
    st as (insert into sweep_trials select s.sweep_id, t.seed, t.trial_id, 1, jsonb_build_object('latents', 8, 'seed', t.seed) from s, t)
    insert into evaluations select p.phase_id, 'test', 100, 50 + 10 * t.seed, 0.5 + 0.1 * t.seed, 0.5 from t join p on p.phase_key = 'seed-' || t.seed`);
  const closed = await fixture.rows<{ trial_id: number }>(
    "select trial_id::int from trials where trial_key like 'seed-%'",
  );
  for (const trial of closed) await fixture.store.closeTrial(trial.trial_id, 'finished');
  const rows = await fixture.rows<Record<string, number>>(
    `select point, seeds, round(accuracy::numeric, 9)::float8 as accuracy, round(accuracy_sd::numeric, 9)::float8 as sd, accuracy_min, items
     from study.accuracy where sweep = 'seeds'`,
  );
  assert.deepEqual(rows, [{ point: { latents: 8 }, seeds: 3, accuracy: 0.6, sd: 0.1, accuracy_min: 0.5, items: 300 }]);
});

test('device time counts a shared phase once, and work that was done again apart', async () => {
  const { store } = fixture;
  await fixture.plan('cost', pair('cost'));
  const hours = async (): Promise<unknown> =>
    fixture.rows(
      `select system, phases, round(gpu_hours * 3600)::int as seconds, round(superseded_gpu_hours * 3600)::int as superseded,
        tokens::int, round(mfu::numeric, 9)::float8 as mfu
       from study.gpu_hours where sweep = 'cost' order by system`,
    );
  assert.deepEqual(await hours(), [{ system: 'liu', phases: 3, seconds: 0, superseded: 0, tokens: 0, mfu: null }]);
  const { phaseId } = await begin(store, 'cost-base');
  const trained = (attempt: number, seq: number, from: number, to: number, mfu: number): SegmentCommit => ({
    ...segment({ phaseId, attempt, seq, from, to, checkpoint: seq === 1 }),
    mfu,
  });
  await store.commitSegments([trained(1, 1, 0, 1, 0.5), trained(1, 2, 1, 2, 0.25)]);
  await begin(store, 'cost-base');
  await store.commitSegments([trained(2, 1, 1, 2, 0.75)]);
  assert.deepEqual(await hours(), [{ system: 'liu', phases: 3, seconds: 2, superseded: 1, tokens: 200, mfu: 0.5 }]);
  const [open] = await fixture.rows(
    `select (select gpu_seconds from study.cells where sweep = 'cost' and cell = 1) as cell,
      (select gpu_seconds from study.phases where sweep = 'cost' and cell = 1 and position = 0) as phase,
      (select attempts from study.cells where sweep = 'cost' and cell = 1) as attempts`,
  );
  assert.deepEqual(open, { cell: 3, phase: 3, attempts: 2 }, 'all of it took time on a device');

  const progress = async (): Promise<unknown> =>
    fixture.rows(
      `select system, phases, planned, running, finished, failed from study.progress where sweep = 'cost' order by system`,
    );
  assert.deepEqual(await progress(), [{ system: 'liu', phases: 3, planned: 2, running: 1, finished: 0, failed: 0 }]);
  await store.completePhase(phaseId, 2, 2n, '{}');
  assert.deepEqual(await progress(), [{ system: 'liu', phases: 3, planned: 2, running: 0, finished: 1, failed: 0 }]);

  // an extension brings a cell of another system with the same first phase
  await fixture.rows(`
    with t as (insert into trials (trial_key, settings, system, task, latents, seed) values ('cost-h1', '{}', 'h1', 'prosqa', 8, 0) returning trial_id),
    tp as (insert into trial_phases select trial_id, 0, ${phaseId} from t)
    insert into sweep_trials (sweep_id, cell, trial_id, revision, point) select s.sweep_id, 2, trial_id, 2, '{}' from t, sweeps s where s.name = 'cost'`);
  assert.deepEqual(await hours(), [
    { system: 'liu', phases: 2, seconds: 0, superseded: 0, tokens: 0, mfu: null },
    { system: null, phases: 1, seconds: 2, superseded: 1, tokens: 200, mfu: 0.5 },
  ]);
  assert.deepEqual(await progress(), [
    { system: 'liu', phases: 2, planned: 2, running: 0, finished: 0, failed: 0 },
    { system: null, phases: 1, planned: 0, running: 0, finished: 1, failed: 0 },
  ]);
});

test('open cells of a paused sweep are paused, even while another sweep runs their phase', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('halt', pair('halt'));
  await fixture.plan('halt-twin', pair('halt'));
  const trials = await store.openTrials(sweepId, 0, 2);
  await begin(store, 'halt-base');
  await store.closeTrial(trials[1]?.trialId ?? 0, 'finished');
  await store.setSweepState(sweepId, 'paused');
  assert.deepEqual(await states('halt'), ['paused', 'finished']);
  assert.deepEqual(await states('halt-twin'), ['waiting', 'finished']);
  assert.deepEqual(await counts('halt'), { paused: 1, finished: 1 });
  await store.setSweepState(sweepId, 'running');
  assert.deepEqual(await states('halt'), ['waiting', 'finished']);
});

test('cells that were open when their sweep was cancelled are cancelled, whatever another sweep does with the trial', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('stop', pair('stop'));
  await fixture.plan('stop-heir', pair('stop'));
  const trials = await store.openTrials(sweepId, 0, 2);
  await store.closeTrial(trials[0]?.trialId ?? 0, 'finished');
  await store.setSweepState(sweepId, 'cancelled');
  assert.deepEqual(await states('stop'), ['finished', 'cancelled']);
  await store.closeTrial(trials[1]?.trialId ?? 0, 'finished');
  await store.setSweepState(sweepId, 'cancelled');
  assert.deepEqual(await states('stop'), ['finished', 'cancelled']);
  assert.deepEqual(await states('stop-heir'), ['finished', 'finished']);
  assert.deepEqual(await counts('stop'), { finished: 1, cancelled: 1 });
  await store.setSweepState(sweepId, 'planning');
  assert.deepEqual(await states('stop'), ['finished', 'finished'], 'started again, it has what the other has done');
  assert.deepEqual(await counts('stop'), { finished: 2 });
});

test('a failed cell says why, and every failed attempt is listed once for a sweep', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('bad', pair('bad'));
  const [trial] = await store.openTrials(sweepId, 0, 1);
  const { phaseId } = await begin(store, 'bad-base');
  const report = { code: 'NAN_LOSS', failure: 'nan_loss', message: 'NAN_LOSS: step 3', details: { step: 3 } } as const;
  await store.failAttempt(phaseId, 1, report);
  await store.failPhase(keyOf('bad-base'), report);
  await store.closeTrial(trial?.trialId ?? 0, 'failed', report);
  assert.deepEqual(await states('bad'), ['failed', 'planned']);
  assert.deepEqual(await fixture.rows(`select failure, message from study.cells where sweep = 'bad' and cell = 0`), [
    { failure: 'nan_loss', message: 'NAN_LOSS: step 3' },
  ]);
  assert.deepEqual(
    await fixture.rows(
      `select cells, kind, attempt, failure, code, message, details, node, phase_state, forgiven from study.failures where sweep = 'bad'`,
    ),
    [
      {
        ...{
          cells: [0, 1],
          kind: 'base',
          attempt: 1,
          failure: 'nan_loss',
          code: 'NAN_LOSS',
          message: 'NAN_LOSS: step 3',
        },
        ...{ details: { step: 3 }, node: 'node-a', phase_state: 'failed', forgiven: false },
      },
    ],
  );
  assert.deepEqual(
    await fixture.rows('select attempt, state, code, resume_step from study.attempts where phase_key = $1', [
      keyOf('bad-base'),
    ]),
    [{ attempt: 1, state: 'failed', code: 'NAN_LOSS', resume_step: 0 }],
  );
});

test('the counts of a sweep add up to its cells in every state, and a closed sweep has no phase that waits', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('sums', pair('sums'));
  const adds = async (): Promise<Readonly<Record<string, number>>> => {
    const seen = await counts('sums');
    assert.equal(
      Object.values(seen).reduce((a, b) => a + b, 0),
      2,
      JSON.stringify(seen),
    );
    return seen;
  };
  const trials = await store.openTrials(sweepId, 0, 2);
  assert.deepEqual(await adds(), { planned: 2 });
  const base = await begin(store, 'sums-base');
  assert.deepEqual(await adds(), { waiting: 2 });
  await store.setSweepState(sweepId, 'paused');
  assert.deepEqual(await adds(), { paused: 2 });
  await store.setSweepState(sweepId, 'running');
  await store.failAttempt(base.phaseId, 1, { code: 'INTERNAL', failure: 'code_error', message: 'gone', details: {} });
  for (const { trialId } of trials) await store.closeTrial(trialId, 'failed');
  assert.deepEqual(await adds(), { failed: 2 });
  const phases = async (): Promise<unknown> =>
    (
      await fixture.rows(
        "select sum(planned)::integer as planned, sum(skipped)::integer as skipped from study.progress where sweep = 'sums'",
      )
    )[0];
  await store.setSweepState(sweepId, 'finished');
  assert.deepEqual(await phases(), { planned: 0, skipped: 3 });
  assert.deepEqual(await adds(), { failed: 2 });
});

test('phases behind a failed one are skipped while their sweep goes on, and wait again when their trial is tried again', async () => {
  const { store } = fixture;
  const { sweepId } = await fixture.plan('behind', pair('behind'));
  const progress = async (): Promise<unknown> =>
    await fixture.rows(
      "select sum(planned)::integer as planned, sum(skipped)::integer as skipped from study.progress where sweep = 'behind'",
    );
  const phaseStates = async (cell: number): Promise<readonly string[]> =>
    (
      await fixture.rows<{ state: string }>(
        "select state from study.phases where sweep = 'behind' and cell = $1 order by position",
        [cell],
      )
    ).map((row) => row.state);
  const [first, second] = await store.openTrials(sweepId, 0, 2);
  assert.deepEqual(await progress(), [{ planned: 3, skipped: 0 }]);
  await store.closeTrial(first?.trialId ?? 0, 'failed', { failure: 'nan_loss', message: 'step 3' });
  assert.deepEqual(await progress(), [{ planned: 2, skipped: 1 }], 'the other cell needs the shared phase still');
  assert.deepEqual([await phaseStates(0), await phaseStates(1)], [Array(2).fill('skipped'), Array(2).fill('planned')]);
  await store.closeTrial(second?.trialId ?? 0, 'failed', { failure: 'nan_loss', message: 'step 3' });
  assert.deepEqual(await progress(), [{ planned: 0, skipped: 3 }]);
  assert.deepEqual(await store.retryFailed(sweepId), [0, 1]);
  assert.deepEqual(await progress(), [{ planned: 3, skipped: 0 }]);
});

test('a failed cell of a closed sweep stays failed, with its reason, while another sweep tries the trial again', async () => {
  const { store } = fixture;
  const why = { failure: 'nan_loss', message: 'step 3' } as const;
  const done = await fixture.plan('done', pair('again'));
  const stopped = await fixture.plan('stopped', pair('again'));
  const other = await fixture.plan('other', pair('again'));
  const trials = await store.openTrials(done.sweepId, 0, 2);
  await store.closeTrial(trials[0]?.trialId ?? 0, 'failed', why);
  await store.setSweepState(stopped.sweepId, 'cancelled');
  await store.closeTrial(trials[1]?.trialId ?? 0, 'finished');
  await store.setSweepState(done.sweepId, 'finished');
  const cells = async (sweep: string): Promise<unknown> =>
    await fixture.rows(
      'select state, failure, message, closed_at is not null as closed from study.cells where sweep = $1 and cell = 0',
      [sweep],
    );
  const failed = [{ state: 'failed', ...why, closed: true }];
  const open = [{ state: 'planned', failure: null, message: null, closed: false }];
  const finished = [{ state: 'finished', failure: null, message: null, closed: true }];
  assert.deepEqual(await store.retryFailed(other.sweepId), [0]);
  assert.deepEqual([await cells('done'), await cells('stopped'), await cells('other')], [failed, failed, open]);
  assert.deepEqual([await counts('done'), await states('done')], [{ finished: 1, failed: 1 }, ['failed', 'finished']]);
  await store.closeTrial(trials[0]?.trialId ?? 0, 'failed', { failure: 'node_lost', message: 'again' });
  assert.deepEqual(await cells('done'), [{ ...failed[0], failure: 'node_lost', message: 'again' }]);
  assert.deepEqual(await store.retryFailed(done.sweepId), [0], 'its own retry sets it going again');
  assert.deepEqual([await cells('done'), await cells('other')], [open, open]);
  assert.equal((await store.sweepById(done.sweepId))?.state, 'running');
  await store.setSweepState(done.sweepId, 'finished');
  assert.equal((await store.sweepById(done.sweepId))?.state, 'running', 'with an open cell it is not finished');
  await store.closeTrial(trials[0]?.trialId ?? 0, 'finished');
  assert.deepEqual([await cells('done'), await cells('stopped'), await cells('other')], [finished, finished, finished]);
  assert.deepEqual(await states('stopped'), ['finished', 'cancelled']);
});
