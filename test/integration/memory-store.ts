// The orchestrator's store in memory, with the rules of services/store/types.ts, for tests that need no database. It also counts what
// tests ask for: how often each phase completed, and which writes were refused.

import type { SweepFile, SweepFiles, SweepSettings } from '../../services/orchestrator/index.ts';
import type {
  AttemptOpening,
  AttemptPlace,
  CellPlan,
  CheckpointRow,
  Claim,
  ClaimOwner,
  CommitOutcome,
  Decision,
  FailureReport,
  NodeQuarantine,
  NodeRow,
  OpenAttempt,
  OrchestratorStore,
  PhasePlacement,
  SegmentCommit,
  SweepCreation,
  SweepRow,
  SweepState,
  TrialPlace,
} from '../../services/store/types.ts';
import { resourcesSchema } from '../../services/study/settings/settings.ts';
import { sweepOfBatch } from '../../workflows/contract.ts';
import { type AttemptOverrides, nextOverrides } from '../../workflows/domain/attempt-overrides.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { maySuspectNode, type NodeOutcome } from '../../workflows/domain/node-health.ts';
import { type Retries, retriesSchema } from '../../workflows/domain/retries.ts';

interface AttemptRow {
  place: AttemptPlace;
  readonly attempt: number;
  state: 'open' | 'finished' | 'failed' | 'stopped' | 'superseded';
  failure: FailureReport | null;
  /** Ended before the last retry command; its failure no longer counts. */
  forgiven: boolean;
  lastSeq: bigint;
  step: number;
  readonly overrides: AttemptOverrides;
}
interface PhaseRow {
  readonly phaseId: number;
  readonly plan: CellPlan['trial']['phases'][number];
  readonly totalSteps: number;
  state: 'planned' | 'running' | 'finished' | 'failed';
  fence: number;
  owner: ClaimOwner | null;
  failure: { readonly failure: FailureReport['failure']; readonly message: string } | null;
  readonly attempts: AttemptRow[];
  checkpoint: CheckpointRow | null;
  checkpointNode: string | null;
  waitsFor: string | null;
  /** Its final weights are gone. */
  isLost: boolean;
  /** value by `metric@step` */
  readonly metrics: Map<string, number>;
  completions: number;
}
interface TrialRow {
  readonly trialId: number;
  readonly key: string;
  readonly phases: readonly string[];
  state: 'planned' | 'finished' | 'failed';
}

export class MemoryStore implements OrchestratorStore, SweepFiles {
  readonly sweeps = new Map<number, SweepRow & { priority: number; weight: number; width: number | null }>();
  readonly cells = new Map<number, Map<number, TrialRow>>();
  readonly trials = new Map<string, TrialRow>();
  readonly phases = new Map<string, PhaseRow>();
  readonly owners = new Map<string, { replicaId: string; untilMs: number }>();
  readonly states: string[] = [];
  readonly nodes = new Map<string, NodeRow>();
  readonly quarantines = new Map<string, NodeQuarantine>();
  readonly decisions: Decision[] = [];
  refused = 0;
  unreachable = false;
  /** Calls that found it unreachable. */
  missed = 0;
  readonly #listeners = new Set<(phaseKey: string | null) => void>();

  async migrate(): Promise<void> {
    this.#reach();
  }
  async createSweep(file: SweepFile): Promise<SweepCreation> {
    this.#reach();
    const known = await this.sweepByName(file.name);
    if (known !== null) return { sweep: known, kind: known.specHash === file.specHash ? 'same' : 'different' };
    const sweepId = this.sweeps.size + 1;
    const sweep = { ...file, sweepId, revision: 1, state: 'planning' as const };
    this.sweeps.set(sweepId, sweep);
    this.cells.set(sweepId, new Map());
    return { sweep, kind: 'created' };
  }
  async extendSweep(file: SweepFile, from: number): Promise<SweepRow | null> {
    const known = [...this.sweeps.values()].find((one) => one.name === file.name);
    if (known === undefined) throw new LatentSweepError('NOT_FOUND', `no sweep ${file.name}`);
    if (known.specHash === file.specHash) return known;
    if (known.revision !== from) return null;
    const { spec, specHash, cells } = file;
    const next = { ...known, spec, specHash, cells, revision: known.revision + 1 };
    this.sweeps.set(known.sweepId, next);
    return next;
  }
  async sweepByName(name: string): Promise<(SweepRow & SweepSettings) | null> {
    return [...this.sweeps.values()].find((one) => one.name === name) ?? null;
  }
  async sweepById(sweepId: number): Promise<SweepRow | null> {
    this.#reach();
    return this.sweeps.get(sweepId) ?? null;
  }
  async setSweepState(sweepId: number, state: SweepState): Promise<void> {
    this.#reach();
    const row = this.sweeps.get(sweepId);
    if (row !== undefined) this.sweeps.set(sweepId, { ...row, state });
    this.states.push(state);
  }
  async updateSweepSettings(
    sweepId: number,
    settings: { priority: number; weight: number; width: number | null },
  ): Promise<void> {
    const row = this.sweeps.get(sweepId);
    if (row !== undefined) this.sweeps.set(sweepId, { ...row, ...settings });
  }
  async sweepTrialKeys(sweepId: number): Promise<ReadonlySet<string>> {
    return new Set([...(this.cells.get(sweepId)?.values() ?? [])].map((trial) => trial.key));
  }
  async planCells(sweepId: number, cells: readonly CellPlan[]): Promise<void> {
    this.#reach();
    for (const cell of cells) {
      const { key, phases } = cell.trial;
      for (const [i, plan] of phases.entries()) {
        if (this.phases.has(plan.key)) continue;
        this.phases.set(plan.key, {
          phaseId: this.phases.size + 1,
          plan,
          totalSteps: cell.totalStepsByPhase[i] ?? 0,
          state: 'planned',
          fence: 0,
          owner: null,
          failure: null,
          attempts: [],
          checkpoint: null,
          checkpointNode: null,
          waitsFor: null,
          isLost: false,
          metrics: new Map(),
          completions: 0,
        });
      }
      const trial = this.trials.get(key) ?? {
        trialId: this.trials.size + 1,
        key,
        phases: phases.map((one) => one.key),
        state: 'planned' as const,
      };
      this.trials.set(key, trial);
      this.cells.get(sweepId)?.set(cell.trial.cell, trial);
    }
  }
  async nextOpenRange(
    sweepId: number,
    size: number,
    excluded: readonly { from: number; to: number }[],
  ): Promise<{ from: number; to: number } | null> {
    this.#reach();
    const cells = [...(this.cells.get(sweepId) ?? [])].sort(([a], [b]) => a - b);
    const end = cells.length === 0 ? 0 : cells[cells.length - 1]![0] + 1;
    const first = cells.find(
      ([cell, trial]) => trial.state === 'planned' && !excluded.some((range) => cell >= range.from && cell < range.to),
    );
    if (first === undefined) return null;
    const from = first[0];
    const stop = Math.min(
      from + size,
      end,
      ...excluded.filter((range) => range.from > from).map((range) => range.from),
    );
    return { from, to: stop };
  }
  async openTrials(sweepId: number, from: number, to: number): ReturnType<OrchestratorStore['openTrials']> {
    this.#reach();
    return [...(this.cells.get(sweepId) ?? [])]
      .filter(([cell, trial]) => cell >= from && cell < to && trial.state === 'planned')
      .sort(([a], [b]) => a - b)
      .map(([cell, trial]) => ({
        cell,
        trialId: trial.trialId,
        trialKey: trial.key,
        state: 'planned' as const,
        phases: trial.phases.map((key) => {
          const phase = this.phase(key);
          return {
            phaseId: phase.phaseId,
            key,
            kind: phase.plan.config.kind,
            state: phase.state,
            parentKey: phase.plan.parent,
          };
        }),
      }));
  }
  async closeTrial(trialId: number, state: 'finished' | 'failed'): Promise<void> {
    this.#reach();
    for (const trial of this.trials.values()) if (trial.trialId === trialId) trial.state = state;
  }
  async sweepCounts(sweepId: number): Promise<{ finished: number; failed: number; open: number }> {
    const trials = [...(this.cells.get(sweepId)?.values() ?? [])];
    const count = (state: string): number => trials.filter((trial) => trial.state === state).length;
    return { finished: count('finished'), failed: count('failed'), open: count('planned') };
  }
  async retryFailed(sweepId: number): Promise<readonly number[]> {
    const again: number[] = [];
    for (const [cell, trial] of this.cells.get(sweepId) ?? []) {
      if (trial.state !== 'failed') continue;
      trial.state = 'planned';
      again.push(cell);
      for (const key of trial.phases) {
        const phase = this.phase(key);
        if (phase.state !== 'failed') continue;
        phase.state = 'planned';
        phase.failure = null;
        for (const one of phase.attempts) one.forgiven = true;
      }
    }
    return again;
  }
  async claimPhase(
    phaseKey: string,
    owner: ClaimOwner,
    options: { takeOver?: ClaimOwner | undefined } = {},
  ): Promise<Claim> {
    this.#reach();
    const phase = this.phase(phaseKey);
    if (phase.state === 'finished') return { kind: 'done' };
    if (phase.state === 'failed' && phase.failure !== null) return { kind: 'failed', ...phase.failure };
    const held = phase.owner;
    if (held !== null && same(held, owner)) return { kind: 'run', fence: phase.fence };
    const dead = options.takeOver;
    if (held !== null && !(dead !== undefined && same(held, dead))) return { kind: 'wait', owner: held };
    phase.owner = owner;
    phase.fence += 1;
    this.#tell(phaseKey);
    return { kind: 'run', fence: phase.fence };
  }
  async releaseClaim(phaseKey: string, owner: ClaimOwner): Promise<void> {
    this.#reach();
    const phase = this.phase(phaseKey);
    if (phase.owner === null || !same(phase.owner, owner)) return;
    phase.owner = null;
    this.#tell(phaseKey);
  }
  async phaseOwner(phaseKey: string): Promise<ClaimOwner | null> {
    const phase = this.phase(phaseKey);
    return phase.state === 'finished' || phase.state === 'failed' ? null : phase.owner;
  }
  listenPhases(signal: AbortSignal, onChange: (phaseKey: string | null) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#listeners.add(onChange);
      signal.addEventListener('abort', () => {
        this.#listeners.delete(onChange);
        resolve();
      });
    });
  }
  async failPhase(phaseKey: string, failure: { failure: FailureReport['failure']; message: string }): Promise<void> {
    const phase = this.phase(phaseKey);
    phase.state = 'failed';
    phase.failure = failure;
    phase.owner = null;
    this.#tell(phaseKey);
  }
  async openAttempt(phaseKey: string, fence: number, place: AttemptPlace, reason: string): Promise<AttemptOpening> {
    this.#reach();
    const phase = this.phase(phaseKey);
    if (phase.state === 'finished' || phase.fence !== fence)
      throw new LatentSweepError('FENCED', 'the claim has passed on');
    for (const one of phase.attempts) if (one.state === 'open') one.state = 'superseded';
    const attempt = phase.attempts.length + 1;
    const last = phase.attempts.at(-1);
    const retries = this.#retriesOf(phase.owner);
    const { overrides } = nextOverrides(
      phase.plan.config,
      last === undefined ? null : { failure: last.failure?.failure ?? null, overrides: last.overrides },
      retries.onNan ?? 'fail',
    );
    const step = phase.checkpoint?.step ?? 0;
    phase.attempts.push({
      attempt,
      place,
      state: 'open',
      failure: null,
      forgiven: false,
      lastSeq: 0n,
      step,
      overrides,
    });
    this.decisions.push({ kind: 'placed', phaseKey, attempt, nodeId: place.nodeId, reason, details: {} });
    phase.state = 'running';
    const parent = phase.plan.parent === null ? null : this.phase(phase.plan.parent).checkpoint;
    return {
      attempt,
      phaseId: phase.phaseId,
      phaseKey,
      configJson: JSON.stringify(phase.plan.config),
      parent,
      resume: phase.checkpoint,
      totalSteps: phase.totalSteps,
      overrides,
    };
  }
  async moveAttempt(
    phaseId: number,
    attempt: number,
    activity: { workflowId: string; runId: string; activityId: string },
  ): Promise<void> {
    const row = this.#attempt(phaseId, attempt);
    row.place = { ...row.place, ...activity };
  }
  async commitSegments(commits: readonly SegmentCommit[]): Promise<readonly CommitOutcome[]> {
    this.#reach();
    return commits.map((commit) => {
      const phase = this.#phaseById(commit.phaseId);
      const row = this.#attempt(commit.phaseId, commit.attempt);
      if (row.state !== 'open' || row.attempt !== phase.attempts.length) {
        this.refused += 1;
        return 'fenced';
      }
      if (commit.seq <= row.lastSeq) return 'already_committed';
      row.lastSeq = commit.seq;
      row.step = commit.toStep;
      for (const { name, steps, values } of commit.metrics)
        steps.forEach((step, i) => phase.metrics.set(`${name}@${step}`, values[i] ?? Number.NaN));
      if (commit.checkpoint !== null) {
        phase.checkpoint = commit.checkpoint;
        phase.checkpointNode = row.place.nodeId;
      }
      return 'committed';
    });
  }
  async completePhase(phaseId: number, attempt: number): Promise<CommitOutcome> {
    this.#reach();
    const phase = this.#phaseById(phaseId);
    const row = this.#attempt(phaseId, attempt);
    if (row.state === 'finished') return 'already_committed';
    if (row.state !== 'open') return 'fenced';
    row.state = 'finished';
    phase.state = 'finished';
    phase.owner = null;
    phase.completions += 1;
    this.#tell(phase.plan.key);
    return 'committed';
  }
  async failAttempt(phaseId: number, attempt: number, report: FailureReport): Promise<void> {
    this.#reach();
    const row = this.#attempt(phaseId, attempt);
    if (row.state !== 'open') return;
    row.state = 'failed';
    row.failure = report;
  }
  async stopAttempt(phaseId: number, attempt: number): Promise<void> {
    this.#reach();
    const row = this.#attempt(phaseId, attempt);
    if (row.state === 'open') row.state = 'stopped';
  }
  async failureRecord(phaseId: number): ReturnType<OrchestratorStore['failureRecord']> {
    const counts: Partial<Record<FailureReport['failure'], number>> = {};
    const phase = this.#phaseById(phaseId);
    for (const { failure, forgiven } of phase.attempts) {
      if (failure !== null && !forgiven) counts[failure.failure] = (counts[failure.failure] ?? 0) + 1;
    }
    return { counts, retries: this.#retriesOf(phase.owner) };
  }
  async recordDecision(decision: Decision): Promise<void> {
    this.#reach();
    this.decisions.push(decision);
  }
  async waitFor(phaseKey: string, what: string): Promise<boolean> {
    const phase = this.phase(phaseKey);
    if (phase.waitsFor === what) return false;
    phase.waitsFor = what;
    return true;
  }
  async openAttemptsOnNode(nodeId: string): Promise<readonly OpenAttempt[]> {
    this.#reach();
    return [...this.phases].flatMap(([phaseKey, phase]) =>
      phase.attempts
        .filter((row) => row.state === 'open' && row.place.nodeId === nodeId)
        .map(({ attempt, place, lastSeq, step }) => ({
          ...{ phaseId: phase.phaseId, phaseKey, attempt, place, lastSeq, step },
          totalSteps: phase.totalSteps,
        })),
    );
  }
  async attemptRecord(phaseId: number, attempt: number): ReturnType<OrchestratorStore['attemptRecord']> {
    this.#reach();
    const { lastSeq, step } = this.#attempt(phaseId, attempt);
    return { lastSeq, step, totalSteps: this.#phaseById(phaseId).totalSteps };
  }
  async attemptProgress(): Promise<void> {
    this.#reach();
  }
  async placementOf(phaseKey: string): ReturnType<OrchestratorStore['placementOf']> {
    const phase = this.phase(phaseKey);
    const failed = phase.attempts.filter((one) => one.failure !== null && maySuspectNode(one.failure.failure));
    return {
      configJson: JSON.stringify(phase.plan.config),
      resources: resourcesSchema.parse(this.#specOf(phase.owner)['resources'] ?? {}),
      attempts: phase.attempts.length,
      checkpointNode: phase.checkpointNode,
      parentNode: null,
      parent: this.#parentOf(phase),
      failedOn: failed.filter((one) => !one.forgiven).map((one) => one.place.nodeId),
    };
  }
  #parentOf({ plan }: PhaseRow): PhasePlacement['parent'] {
    if (plan.parent === null) return null;
    const { state, isLost } = this.phase(plan.parent);
    return { key: plan.parent, state, isLost };
  }
  async reopenLost(phaseKey: string): Promise<void> {
    this.#reach();
    const phase = this.phase(phaseKey);
    if (phase.state !== 'finished' || !phase.isLost) return;
    phase.state = 'planned';
    phase.isLost = false;
    phase.checkpoint = null;
    this.#tell(phaseKey);
  }
  async places(): Promise<readonly TrialPlace[]> {
    this.#reach();
    const busy = new Set(
      [...this.phases.values()].flatMap(({ attempts }) =>
        attempts.filter((one) => one.state === 'open').map(({ place }) => `${place.nodeId}/${place.slot}`),
      ),
    );
    return [...this.nodes.values()]
      .filter(({ nodeId }) => (this.owners.get(nodeId)?.untilMs ?? 0) > Date.now() && !this.quarantines.has(nodeId))
      .flatMap(({ nodeId, places }) =>
        places.map((place) => ({ ...place, nodeId, free: !busy.has(`${nodeId}/${place.slot}`) })),
      );
  }
  async quarantinesOf(nodeIds: readonly string[]): Promise<readonly NodeQuarantine[]> {
    return [...this.quarantines.values()].filter(({ nodeId }) => nodeIds.includes(nodeId));
  }
  async nodeOutcomes(): Promise<readonly NodeOutcome[]> {
    return [];
  }
  async failedNodes(): Promise<readonly string[]> {
    return [];
  }
  async quarantineNode(
    nodeId: string,
    { reason, waitMs }: { reason: string; waitMs: number },
  ): Promise<NodeQuarantine> {
    const quarantine = { nodeId, reason, canaryInMs: waitMs };
    this.quarantines.set(nodeId, quarantine);
    return quarantine;
  }
  async readmitNode(nodeId: string): Promise<boolean> {
    return this.quarantines.delete(nodeId);
  }
  async upsertNode(node: NodeRow): Promise<boolean> {
    this.#reach();
    this.nodes.set(node.nodeId, node);
    return true;
  }
  async ownNode(nodeId: string, replicaId: string, leaseMs: number): Promise<boolean> {
    this.#reach();
    const owner = this.owners.get(nodeId);
    if (owner !== undefined && owner.replicaId !== replicaId && owner.untilMs > Date.now()) return false;
    this.owners.set(nodeId, { replicaId, untilMs: Date.now() + leaseMs });
    return true;
  }
  async renewNodes(nodeIds: readonly string[], replicaId: string, leaseMs: number): Promise<readonly string[]> {
    this.#reach();
    const mine = nodeIds.filter((nodeId) => this.owners.get(nodeId)?.replicaId === replicaId);
    for (const nodeId of mine) this.owners.set(nodeId, { replicaId, untilMs: Date.now() + leaseMs });
    return mine;
  }
  async releaseNode(nodeId: string, replicaId: string): Promise<void> {
    if (this.owners.get(nodeId)?.replicaId === replicaId) this.owners.delete(nodeId);
  }
  async nodeEvent(): Promise<void> {
    this.#reach();
  }
  async close(): Promise<void> {
    this.#listeners.clear();
  }

  phase(key: string): PhaseRow {
    const row = this.phases.get(key);
    if (row === undefined) throw new LatentSweepError('NOT_FOUND', `no phase ${key}`);
    return row;
  }
  #phaseById(phaseId: number): PhaseRow {
    for (const row of this.phases.values()) if (row.phaseId === phaseId) return row;
    throw new LatentSweepError('NOT_FOUND', `no phase ${phaseId}`);
  }
  #attempt(phaseId: number, attempt: number): AttemptRow {
    const row = this.#phaseById(phaseId).attempts[attempt - 1];
    if (row === undefined) throw new LatentSweepError('NOT_FOUND', `no attempt ${attempt} of phase ${phaseId}`);
    return row;
  }
  #specOf(owner: ClaimOwner | null): Readonly<Record<string, unknown>> {
    const name = owner === null ? '' : sweepOfBatch(owner.workflowId);
    const spec = [...this.sweeps.values()].find((one) => one.name === name)?.spec;
    return typeof spec === 'object' && spec !== null ? { ...spec } : {};
  }
  #retriesOf(owner: ClaimOwner | null): Retries {
    return retriesSchema.parse(this.#specOf(owner)['retries'] ?? {});
  }
  #tell(phaseKey: string): void {
    for (const listener of this.#listeners) listener(phaseKey);
  }
  #reach(): void {
    if (!this.unreachable) return;
    this.missed += 1;
    throw new LatentSweepError('STORE_UNREACHABLE', 'switched off by the test');
  }
}

function same(a: ClaimOwner, b: ClaimOwner): boolean {
  return a.workflowId === b.workflowId && a.runId === b.runId;
}
