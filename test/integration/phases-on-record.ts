// What Postgres has of phases and cells, asked by the names of scripted phases and sweeps.

import assert from 'node:assert/strict';
import { lossOf } from './scripted-loss.ts';
import { keyOf, type ScriptedSpec } from './scripted-sweep.ts';
import type { StoreFixture } from './store-fixture.ts';

interface AttemptOnRecord {
  readonly node: string;
  readonly slot: number;
  readonly state: string;
  readonly failure: string | null;
  readonly code: string | null;
}

export interface PhaseOnRecord {
  readonly phase_key: string;
  readonly state: string;
  readonly failure: string | null;
  readonly weights_sha256: string | null;
  /** In the order of their numbers. */
  readonly attempts: readonly AttemptOnRecord[];
  /** `name@step` and value of everything recorded, by name and step. */
  readonly metrics: readonly (readonly [string, number])[];
}

const PHASES = `
select p.phase_key, p.state, p.failure, p.weights_sha256,
  (select coalesce(json_agg(json_build_object('node', a.node, 'slot', a.slot, 'state', a.state, 'failure', a.failure, 'code', a.code)
                            order by a.attempt), '[]')
   from study.attempts a where a.phase_key = p.phase_key) as attempts,
  (select coalesce(json_agg(json_build_array(n.name || '@' || m.step, m.value) order by n.name, m.step), '[]')
   from metrics m join metric_names n using (metric) where m.phase_id = p.phase_id) as metrics
from phases p`;

export async function everyPhase(fixture: StoreFixture): Promise<readonly PhaseOnRecord[]> {
  return await fixture.rows<PhaseOnRecord>(`${PHASES} order by p.phase_id`);
}

/** @throws AssertionError when no sweep has planned it */
export async function phaseOf(fixture: StoreFixture, name: string): Promise<PhaseOnRecord> {
  const [phase] = await fixture.rows<PhaseOnRecord>(`${PHASES} where p.phase_key = $1`, [keyOf(name)]);
  assert.ok(phase !== undefined, `${name} is planned`);
  return phase;
}

/** `planned` also where no sweep has planned it yet. */
export async function stateOf(fixture: StoreFixture, name: string): Promise<string> {
  const [phase] = await fixture.rows<{ state: string }>('select state from phases where phase_key = $1', [keyOf(name)]);
  return phase?.state ?? 'planned';
}

/** Recorded steps of a phase; 0 where no sweep has planned it yet. */
export async function stepsOf(fixture: StoreFixture, name: string): Promise<number> {
  const [phase] = await fixture.rows<{ steps: number }>(
    'select count(distinct step)::int as steps from metrics join phases using (phase_id) where phase_key = $1',
    [keyOf(name)],
  );
  return phase?.steps ?? 0;
}

/** How often it ran to its end. */
export function completionsOf({ attempts }: PhaseOnRecord): number {
  return attempts.filter(({ state }) => state === 'finished').length;
}

/** Every phase of the sweep finished once, with the record of a run without any disturbance. */
export async function assertRecorded(fixture: StoreFixture, spec: ScriptedSpec): Promise<void> {
  const phases = new Map((await everyPhase(fixture)).map((phase) => [phase.phase_key, phase]));
  for (const { name, steps } of spec.trials.flat()) {
    const key = keyOf(name);
    const phase = phases.get(key);
    assert.ok(phase !== undefined, `${name} is planned`);
    assert.equal(phase.state, 'finished', name);
    assert.equal(completionsOf(phase), 1, `${name} was finished ${completionsOf(phase)} times`);
    assert.deepEqual(
      phase.metrics,
      Array.from({ length: steps }, (_, i) => [`loss_nats@${i + 1}`, lossOf(key, i + 1)]),
      name,
    );
  }
}

/** Cells of a sweep by state, as its people see them. */
export async function cellStates(fixture: StoreFixture, sweep: string): Promise<Readonly<Record<string, number>>> {
  const states = await fixture.rows<{ state: string; n: number }>(
    'select state, count(*)::int as n from study.cells where sweep = $1 group by state',
    [sweep],
  );
  return Object.fromEntries(states.map(({ state, n }) => [state, n]));
}

/** Replica that owns the node; null when none does. */
export async function ownerOf(fixture: StoreFixture, node: string): Promise<string | null> {
  const [row] = await fixture.rows<{ owner: string | null }>('select owner from nodes where name = $1', [node]);
  return row?.owner ?? null;
}
