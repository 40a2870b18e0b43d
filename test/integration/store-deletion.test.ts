// Deleting a sweep: what only it has goes, what others share stays, and an interrupted deletion goes on.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nodesQuery } from '../../services/cli/queries/nodes.ts';
import { nodeListText } from '../../services/cli/render/node-list.ts';
import { explainTrial } from '../../services/cli/results/explain-trial.ts';
import { deleteSweep } from '../../services/orchestrator/index.ts';
import { openReader, readRows } from '../../services/store/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { openDatabases } from './postgres.ts';
import { keyOf, type ScriptedSpec } from './scripted-sweep.ts';
import { begin, openStoreFixture, owner, type StoreFixture, segment } from './store-fixture.ts';

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

const phase = (name: string): ScriptedSpec['trials'][number][number] => ({ name, steps: 4, stepMs: 1 });
/** Trial `i` is base > p-i; the sweeps below overlap in the Base and in one trial. */
const trial = (i: number): ScriptedSpec['trials'][number] => [phase('base'), phase(`p-${i}`)];

async function run(name: string): Promise<void> {
  const { phaseId, attempt } = await begin(fixture.store, name);
  await fixture.store.commitSegments([
    segment({ phaseId, attempt, seq: 1, from: 0, to: 4, checkpoint: true, items: true }),
  ]);
  const result = { weightsSha256: null, capacityFloatsPerLatent: null, evaluation: null, analyses: [] };
  await fixture.store.completePhase(phaseId, attempt, 2n, JSON.stringify(result));
}

const closed = { describe: async () => ({ kind: 'closed', how: 'completed', reason: null }) as const };
const needs = (removed: string[]): Parameters<typeof deleteSweep>[0] => ({
  client: closed,
  store: fixture.store,
  removeFile: async (uri) => void removed.push(uri),
});
const count = async (table: string): Promise<number> =>
  (await fixture.rows<{ n: number }>(`select count(*)::integer as n from ${table}`))[0]?.n ?? -1;

test('a dry run tells what would go; a deletion takes that and no more; the same again finds nothing', async () => {
  const first = await fixture.plan('first', { trials: [trial(0), trial(1), trial(2)] });
  await fixture.plan('second', { trials: [trial(2), trial(3)] });
  for (const name of ['base', 'p-0', 'p-1', 'p-2', 'p-3']) await run(name);
  const removed: string[] = [];
  const plan = await deleteSweep(needs(removed), 'first', async () => false);
  assert.deepEqual(
    [plan.deleted, plan.cells, plan.trials, plan.phases, plan.files, plan.bytes],
    [false, 3, 2, 2, 2, 2 * 2 ** 33],
  );
  assert.equal(await count('phases'), 5);

  await assert.rejects(
    deleteSweep({ ...needs(removed), client: { describe: async () => running } }, 'first', async () => true),
    /CONFLICT.*lsweep cancel first/,
  );
  const done = await deleteSweep(needs(removed), 'first', async () => true);
  assert.equal(done.deleted, true);
  assert.equal(removed.length, 2);
  const left = await fixture.rows<{ phase_key: string }>('select phase_key from phases');
  assert.deepEqual(left.map((row) => row.phase_key).sort(), ['base', 'p-2', 'p-3'].map(keyOf).sort());
  assert.deepEqual([await count('trials'), await count('sweeps'), await count('artifact_garbage')], [2, 1, 0]);
  const tables = await fixture.rows<{ name: string }>(
    `select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where table_schema = 'public' and column_name = 'phase_id' and table_type = 'BASE TABLE'`,
  );
  assert.ok(tables.length > 10);
  for (const { name } of tables) {
    const stray = await fixture.rows(
      `select 1 from ${name} x where phase_id is not null and not exists (select from phases p where p.phase_id = x.phase_id)`,
    );
    assert.equal(stray.length, 0, `${name} has rows of phases that are gone`);
  }
  await assert.rejects(
    deleteSweep(needs(removed), 'first', async () => true),
    /NOT_FOUND/,
  );
  assert.ok(first.sweepId > 0);
});

const running = {
  kind: 'running',
  status: {
    ...{ paused: false, cancelled: false, planned: true, running: [] },
    settings: { priority: 3, weight: 1, width: null },
  },
} as const;

test('tables of users are left alone, whatever their columns and names are', async () => {
  await fixture.plan('beside', { trials: [[phase('beside-0')]] });
  await run('beside-0');
  await fixture.rows('create table "My Notes" (phase_id bigint, note text)');
  await fixture.rows('create table notes (phase_id bigint, note text)');
  for (const table of ['"My Notes"', 'notes'])
    await fixture.rows(`insert into ${table} select phase_id, 'mine' from phases where phase_key = $1`, [
      keyOf('beside-0'),
    ]);
  assert.equal((await deleteSweep(needs([]), 'beside', async () => true)).deleted, true);
  assert.deepEqual([await count('"My Notes"'), await count('notes')], [1, 1]);
  await fixture.rows('drop table "My Notes", notes');
});

test('rows of a user that refer to rows of the sweep are named before anything is deleted; others do not matter', async () => {
  await fixture.plan('noted', { trials: [[phase('noted-0')], [phase('noted-1')]] });
  await fixture.plan('free', { trials: [[phase('free-0')]] });
  for (const name of ['noted-0', 'noted-1', 'free-0']) await run(name);
  const marks = [
    ['"My Marks"', 'phase_key text references phases (phase_key)', 'select phase_key from phases where phase_key = $1'],
    [
      'marks',
      'trial_id bigint references trials',
      'select trial_id from trial_phases join phases using (phase_id) where phase_key = $1',
    ],
  ] as const;
  for (const [table, column, rows] of marks) {
    await fixture.rows(`create table ${table} (${column})`);
    await fixture.rows(`insert into ${table} ${rows}`, [keyOf('noted-1')]);
    const before = [await count('phases'), await count('sweep_trials'), await count('metrics')];
    const refusal = (error: unknown): boolean =>
      error instanceof LatentSweepError &&
      error.code === 'ROWS_REFERENCED' &&
      error.message.includes(`table ${table} refers`) &&
      /constraint "?(My Marks|marks)_\w+_fkey"?/.test(error.message);
    await assert.rejects(
      deleteSweep(needs([]), 'noted', async () => true),
      refusal,
    );
    assert.deepEqual([await count('phases'), await count('sweep_trials'), await count('metrics')], before);
    await fixture.rows(`delete from ${table}`);
  }
  await fixture.rows(
    'insert into marks select trial_id from trial_phases join phases using (phase_id) where phase_key = $1',
    [keyOf('noted-1')],
  );
  assert.equal((await deleteSweep(needs([]), 'free', async () => true)).deleted, true);
  // a row that comes after the question
  await assert.rejects(
    fixture.store.deleteCells((await fixture.store.sweepByName('noted'))?.sweepId ?? -1),
    (error) => {
      assert.ok(error instanceof LatentSweepError && error.code === 'ROWS_REFERENCED', String(error));
      assert.match(error.message, /table marks refers .*marks_trial_id_fkey/);
      return true;
    },
  );
  await fixture.rows('drop table "My Marks", marks');
  assert.equal((await deleteSweep(needs([]), 'noted', async () => true)).deleted, true);
});

test('a deletion that dies between rows and files is ended by the next one', async () => {
  await fixture.plan('dying', { trials: [[phase('d-0')], [phase('d-1')]] });
  await run('d-0');
  await run('d-1');
  const removed: string[] = [];
  const dying = { ...needs(removed), removeFile: () => Promise.reject(new Error('killed')) };
  await assert.rejects(
    deleteSweep(dying, 'dying', async () => true),
    /killed/,
  );
  assert.equal(await count('artifact_garbage'), 2);
  assert.equal((await deleteSweep(needs(removed), 'dying', async () => true)).cells, 0);
  assert.deepEqual([removed.length, await count('artifact_garbage')], [2, 0]);
});

test('a sweep with a phase that is still being stopped is not deleted', async () => {
  await fixture.plan('stopping', { trials: [[phase('open-0')]] });
  const { phaseId, attempt } = await begin(fixture.store, 'open-0');
  await assert.rejects(
    deleteSweep(needs([]), 'stopping', async () => true),
    /CONFLICT.*1 attempts/,
  );
  await fixture.store.stopAttempt(phaseId, attempt);
  assert.equal((await deleteSweep(needs([]), 'stopping', async () => true)).deleted, true);
});

test('why tells the story of a trial in order, by sweep and cell or by the beginning of its key', async () => {
  await fixture.plan('story', { trials: [[phase('w-base'), phase('w-cell')]] });
  await run('w-base');
  const { store } = fixture;
  const first = await begin(store, 'w-cell', 'node-a');
  await store.commitSegments([segment({ ...first, seq: 1, from: 0, to: 2, checkpoint: true })]);
  await store.commitSegments([segment({ ...first, seq: 2, from: 2, to: 3 })]);
  const report = { code: 'OUT_OF_MEMORY', failure: 'out_of_memory', message: 'no room', details: {} } as const;
  await store.failAttempt(first.phaseId, first.attempt, report);
  const second = await begin(store, 'w-cell', 'node-b');
  await store.failPhase(keyOf('w-cell'), { failure: 'out_of_memory', message: 'no room' });
  const reader = openReader(fixture.url);
  try {
    const { text } = await explainTrial(reader, 'story', '0');
    const sentences = [
      'planned: base, then base',
      'attempt 1 starts on node-a, from the beginning',
      'attempt 1 failed at step 3 with out_of_memory: no room',
      'out of memory with 32 at a time: next with 16, the same effective batch',
      'attempt 2 starts on node-b, after step 2 of 4',
      '2 rows of steps 3 to 3 are done again; the earlier ones are kept as superseded',
      'attempt 2 gave way to a newer one at step 2',
      'the phase is given up (out_of_memory): no room',
    ];
    let at = 0;
    for (const sentence of sentences) {
      const next = text.indexOf(sentence, at);
      assert.ok(next >= at, `"${sentence}" is not there, or not in order:\n${text}`);
      at = next;
    }
    const key = /trial ([0-9a-f]{32})/.exec(text)?.[1] ?? '';
    assert.equal((await explainTrial(reader, key.slice(0, 10), null)).text, text);
    await assert.rejects(explainTrial(reader, 'story', '7'), /NOT_FOUND.*story 7/);
    assert.deepEqual(second.overrides, { microbatch: 16 });

    await store.ownNode('node-a', 'replica', 60_000);
    await store.quarantineNode('node-a', { kind: 'quarantine', reason: 'it burns', waitMs: 60_000, maxWaitMs: 1e6 });
    const list = nodeListText(await readRows(reader, nodesQuery, []), Date.now());
    assert.match(list, /node-a is in quarantine: it burns; it may try itself in \d+ s|1 min/);
  } finally {
    await reader.close();
  }
  assert.equal((await store.claimPhase(keyOf('w-base'), owner('test'))).kind, 'done');
});
