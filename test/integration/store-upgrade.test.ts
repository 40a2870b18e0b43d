// A sweep goes on across a schema migration: begun on the schema of today, stopped, migrated to the next, and ended with the same rows.

import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { migrate, openStore, type Store } from '../../services/store/index.ts';
import { openDatabases } from './postgres.ts';
import { keyOf, sharedBaseSpec } from './scripted-sweep.ts';
import { lossOf } from './scripted-worker.ts';
import { until } from './until.ts';
import { openBenchOn } from './workflows-bench.ts';

let databases: Awaited<ReturnType<typeof openDatabases>>;
let folder: string;
before(async () => {
  databases = await openDatabases();
  folder = await mkdtemp(join(tmpdir(), 'lsweep-migrations-'));
});
after(async () => {
  await databases.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a release to come may do: a new column, a new table, an index and a wider view. */
const NEXT = `
alter table phases add column priority_note text not null default 'none';
comment on column phases.priority_note is 'Of a release to come.';
create table notes (phase_id bigint not null references phases, note text not null);
comment on table notes is 'Of a release to come.';
comment on column notes.phase_id is 'The phase.';
comment on column notes.note is 'A note.';
create index phases_by_kind on phases (kind);
insert into notes select phase_id, 'was here before' from phases;
`;

const CELLS = 4;
/** Long enough for a migration between the first and the last of a phase. */
const STEPS = 120;

/** The store of a process: migrated by hand, so that the test says when. */
function storeOf(url: string): Store {
  return { ...openStore({ url }), migrate: async () => ({ applied: [], reader: 'login' }) as never };
}

test('a running sweep survives a migration between two orchestrators and ends with the rows of an undisturbed one', async () => {
  const url = await databases.database();
  await migrate({ url });
  const store = storeOf(url);
  const bench = await openBenchOn(store);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const before = await bench.orchestrator();
    const worker = await bench.worker('node-up', 2);
    await bench.start('upgraded', sharedBaseSpec(CELLS, { steps: STEPS, stepMs: 50 }, 'u'));
    const open = async (): Promise<number> =>
      (await client.query("select 1 from study.running where kind = 'base' and step > 3")).rows.length;
    await until('finetunes run', async () => (await open()) === 2);
    await before.stop();

    await cp(new URL('../../infra/migrations/', import.meta.url), folder, { recursive: true });
    await writeFile(join(folder, '9999-next.sql'), NEXT);
    const { applied } = await migrate({ url }, pathToFileURL(`${folder}/`));
    assert.deepEqual(applied, ['9999-next.sql']);
    assert.equal(worker.running(), 2, 'trainers went on meanwhile');

    await bench.orchestrator();
    assert.deepEqual(await bench.result('upgraded'), { state: 'finished', finished: CELLS, failed: 0 });
    for (let i = 0; i < CELLS; i++) {
      const key = keyOf(`u-finetune-${i}`);
      const { rows } = await client.query<{ step: number; value: number }>(
        'select m.step, m.value from metrics m join phases using (phase_id) where phase_key = $1 order by step',
        [key],
      );
      assert.deepEqual(
        rows,
        Array.from({ length: STEPS }, (_, step) => ({ step: step + 1, value: lossOf(key, step + 1) })),
      );
    }
    assert.equal(worker.stepsDone, CELLS * STEPS + 3, 'no step was done twice');
    assert.equal((await client.query('select 1 from notes')).rows.length, CELLS + 1, 'rows from before are there');
    await assert.rejects(migrate({ url }), /SCHEMA_MISMATCH.*9999-next/, 'an older version refuses the newer schema');
  } finally {
    await client.end();
    await bench.close();
    await store.close();
  }
});
