// The columns of schema `study` that queries of users name (docs/stability.md): each is there, in its place, with its type. A view may get
// more of them at its end, and there may be more views.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { studyColumns } from '../stable/study-columns.ts';
import { openDatabases } from './postgres.ts';

const promised = readFileSync(new URL('../stable/study-columns.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

test('every view has the columns of the last release, in their order', async (t) => {
  const databases = await openDatabases();
  t.after(() => databases.close());
  const now = await studyColumns(await databases.migratedDatabase());
  const ofView = (lines: readonly string[], view: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${view}.`));
  const views = new Set(promised.map((line) => line.split('.', 1)[0] ?? ''));
  assert.ok(views.size > 10);
  for (const view of views) {
    const columns = ofView(promised, view);
    assert.deepEqual(ofView(now, view).slice(0, columns.length), columns, view);
  }
});
