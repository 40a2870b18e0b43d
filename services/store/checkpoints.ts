// Which checkpoints stay: of a phase that is not finished the newest two, of a finished one the last, for whatever starts from it. Rows go first,
// in the transaction that remembers their files; a file goes only when no row names it and no attempt may be putting it again, under the lock
// of its phase, so that nothing that a row points to is ever removed.

import { KEPT_CHECKPOINTS } from '../../workflows/domain/record-limits.ts';
import type { Database, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { CheckpointCollection } from './types.ts';

const collectablePhases = statement('collectable-phases');
const lockPhases = statement('lock-phases');
const dropCheckpoints = statement('drop-checkpoints');
const noteOrphans = statement('note-orphans');
const garbage = statement('garbage');
const judgeGarbage = statement('judge-garbage');
const forgetGarbage = statement('forget-garbage');
const lockGrid = statement('lock-grid');
const installation = statement('installation');

/** Phases of one transaction. */
const PHASES = 500;
/** Files of one transaction, which holds the locks of their phases while they are removed. */
const FILES = 50;

type PhaseId = { readonly phase_id: number };
type Garbage = { readonly uri: string; readonly phase_id: number | null };
type Judged = { readonly uri: string; readonly wanted: boolean; readonly expected: boolean };

/**
 * Decides under locks which checkpoints may go and remembers their files. It removes no file itself: `removeGarbage`
 * calls the given function.
 */
export function checkpoints(db: Database): CheckpointCollection {
  const drop = (phaseIds: readonly number[]): Promise<readonly number[]> =>
    db.transaction(async (tx) => {
      const locked = (await tx.query<PhaseId>(lockPhases, [phaseIds])).map((row) => row.phase_id);
      if (locked.length > 0) await tx.query(dropCheckpoints, [locked, KEPT_CHECKPOINTS]);
      const done = new Set(locked);
      return phaseIds.filter((phaseId) => !done.has(phaseId));
    });
  return {
    installationId: async () => {
      const [row] = await db.query<{ readonly id: string }>(installation);
      return row?.id ?? '';
    },
    dropCheckpoints: async (phaseIds) => {
      const busy: number[] = [];
      for (let from = 0; from < phaseIds.length; from += PHASES)
        busy.push(...(await drop(phaseIds.slice(from, from + PHASES))));
      return busy;
    },
    dropAllCheckpoints: async () => {
      for (let after = 0; ; ) {
        const phaseIds = (await db.query<PhaseId>(collectablePhases, [after, PHASES])).map((row) => row.phase_id);
        const last = phaseIds.at(-1);
        if (last === undefined) return;
        await drop(phaseIds);
        after = last;
      }
    },
    noteOrphans: async (files) => {
      const noted = await db.query(noteOrphans, [
        files.map((file) => file.uri),
        files.map((file) => file.phaseKey),
        files.map((file) => file.step),
      ]);
      return noted.length;
    },
    removeGarbage: async (remove) => {
      let removed = 0;
      for (let after: string | null = ''; after !== null; ) {
        const from: string = after;
        const batch = await db.transaction((tx) => removeBatch(tx, from, remove));
        removed += batch.removed;
        after = batch.last;
      }
      return removed;
    },
  };
}

async function removeBatch(
  tx: Tx,
  after: string,
  remove: (uri: string) => Promise<void>,
): Promise<{ readonly last: string | null; readonly removed: number }> {
  const files = await tx.query<Garbage>(garbage, [after, FILES]);
  const last = files.at(-1)?.uri ?? null;
  // a phase that is gone could be planned and run anew meanwhile
  if (files.some((file) => file.phase_id === null)) await tx.query(lockGrid, []);
  const wanted = files.flatMap((file) => (file.phase_id === null ? [] : [file.phase_id]));
  const locked = new Set((await tx.query<PhaseId>(lockPhases, [wanted])).map((row) => row.phase_id));
  const mine = files.filter((file) => file.phase_id === null || locked.has(file.phase_id));
  const judged = await tx.query<Judged>(judgeGarbage, [mine.map((file) => file.uri)]);
  const settled = judged.filter((file) => file.wanted || !file.expected);
  const gone = settled.filter((file) => !file.wanted);
  for (const { uri } of gone) await remove(uri);
  await tx.query(forgetGarbage, [settled.map((file) => file.uri)]);
  return { last, removed: gone.length };
}
