// Starts the real trainer process for tests and plays its supervisor: runs phases, collects events, stops or kills at a given moment.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PhaseConfig, phaseConfigSchema } from '../../services/study/settings/phases.ts';
import {
  type LocalCheckpoint,
  type PhaseJob,
  type TrainerCommand,
  type TrainerEvent,
  trainerEntry,
  trainerExecArgv,
} from '../../services/trainer/index.ts';
import type { PhaseResult } from '../../workflows/domain/phase-result.ts';
import type { EvaluationItem } from '../../workflows/domain/segment.ts';

const DEADLINE_MS = 300_000;

export class TrainerChild {
  readonly child: ChildProcess;
  readonly folder = mkdtempSync(join(tmpdir(), 'trainer-'));
  readonly events: TrainerEvent[] = [];
  #wake: () => void = () => undefined;
  #exited = false;

  constructor() {
    this.child = fork(trainerEntry, { execArgv: [...trainerExecArgv], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    this.child.on('message', (event) => {
      this.events.push(event as TrainerEvent);
      this.#wake();
    });
    this.child.on('exit', () => {
      this.#exited = true;
      this.#wake();
    });
  }

  send(command: TrainerCommand): void {
    this.child.send(command);
  }

  /** Waits until an event after `from` fits. */
  async until(fits: (event: TrainerEvent) => boolean, from = 0): Promise<TrainerEvent> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const found = this.events.slice(from).find(fits);
      if (found !== undefined) return found;
      if (this.#exited) throw new Error(`the trainer ended; its events: ${JSON.stringify(this.events).slice(-2_000)}`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no such event within ${DEADLINE_MS} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async exited(): Promise<number | null> {
    if (!this.#exited) await new Promise((resolve) => this.child.once('exit', resolve));
    return this.child.exitCode;
  }

  /** Ends the process and removes its files. */
  async dispose(): Promise<void> {
    if (!this.#exited) this.child.kill('SIGKILL');
    await this.exited();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a phase to its last event. `meddle` sees every event as it comes. */
  async run(job: PhaseJob, meddle: (event: TrainerEvent) => void = () => undefined): Promise<PhaseRun> {
    const from = this.events.length;
    const onMessage = (event: unknown): void => meddle(event as TrainerEvent);
    this.child.on('message', onMessage);
    try {
      this.send({ kind: 'run', job });
      await this.until(({ kind }) => ['completed', 'stopped', 'failed'].includes(kind), from);
    } finally {
      this.child.off('message', onMessage);
    }
    return new PhaseRun(this.events.slice(from));
  }
}

/** The events of one attempt, read as the store would. */
export class PhaseRun {
  readonly events: readonly TrainerEvent[];

  constructor(events: readonly TrainerEvent[]) {
    this.events = events;
  }

  get last(): TrainerEvent | undefined {
    return this.events.at(-1);
  }

  get result(): PhaseResult {
    if (this.last?.kind !== 'completed') throw new Error(`not completed: ${JSON.stringify(this.last)}`);
    return this.last.result;
  }

  get segments(): readonly Extract<TrainerEvent, { kind: 'segment' }>[] {
    return this.events.flatMap((event) => (event.kind === 'segment' ? [event] : []));
  }

  get checkpoint(): LocalCheckpoint | null {
    return this.segments.findLast(({ checkpoint }) => checkpoint !== null)?.checkpoint ?? null;
  }
}

/** Metric rows and items as committed: those up to the resumed step, then those of the resumed attempt. */
export function committed(...runs: readonly PhaseRun[]) {
  const rows = new Map<string, number>();
  const items = new Map<number, Omit<EvaluationItem, 'seconds'>>();
  for (const { segments } of runs) {
    for (const segment of segments) {
      for (const { name, steps, values } of segment.metrics) {
        steps.forEach((step, i) => rows.set(`${name} ${step}`, values[i] ?? Number.NaN));
      }
      for (const { item, prediction, gold, correct, tokens } of segment.items) {
        items.set(item, { item, prediction, gold, correct, tokens });
      }
    }
  }
  const byKey = <K, V>(map: ReadonlyMap<K, V>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return { rows: byKey(rows), items: byKey(items) };
}

const about = {
  model: { family: 'gpt2', layers: 1, width: 16, heads: 2, context: 64 },
  tokenizer: 'bytes',
  task: { name: 'countdown', operands: 2, maxOperand: 30, maxTarget: 60, train: 64, valid: 8, test: 12 },
};
const system = { system: 'h2', channel: null, latents: 4, query: 'marker', gradThroughCache: true };

/** Phases of a trial with one layer of width 16, small enough for steps of a few milliseconds. */
export const tiny = {
  base: (overrides: object = {}): PhaseConfig =>
    phaseConfigSchema.parse({
      kind: 'base',
      ...about,
      base: { steps: 12, batch: 4, sequence: 32, warmupSteps: 3, ...overrides },
    }),
  finetune: (overrides: object = {}): PhaseConfig =>
    phaseConfigSchema.parse({
      kind: 'finetune',
      ...about,
      ...system,
      softInit: 'mean',
      coprocessorInit: 'base',
      curriculum: { stages: 2, firstStage: 1, finalStage: true, uniformProb: 0.2 },
      train: { stepsPerStage: 4, batch: 4, microbatch: 2, lr: 1e-3, schedule: 'cosine', warmupSteps: 2 },
      seed: 1,
      ...overrides,
    }),
  evaluate: (overrides: object = {}): PhaseConfig =>
    phaseConfigSchema.parse({
      kind: 'evaluate',
      ...about,
      ...system,
      evaluate: {
        ...{ split: 'test', batch: 2, maxNewTokens: 16 },
        interventions: ['mean', 'shuffle', 'swap', { truncate: 2 }, 'zero'],
      },
      ...overrides,
    }),
  analyse: (overrides: object = {}): PhaseConfig =>
    phaseConfigSchema.parse({
      kind: 'analyse',
      ...about,
      ...system,
      analyse: { split: 'test', batch: 2, silhouetteItems: 8 },
      ...overrides,
    }),
};

export function job(folder: string, config: PhaseConfig, rest: Partial<PhaseJob> = {}): PhaseJob {
  return {
    phaseKey: `key-of-${config.kind}`,
    attempt: 1,
    config,
    parent: null,
    resume: null,
    workDir: mkdtempSync(join(folder, `${config.kind}-`)),
    device: 'cpu',
    threads: 1,
    segmentMs: 0,
    checkpointMs: 0,
    ...rest,
  };
}
