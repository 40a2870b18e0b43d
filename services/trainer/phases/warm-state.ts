// What a trainer process keeps between phases: tasks, tokenizers and engines with their compiled graphs. An engine is reused when its
// config is equal (trials that differ only in seed or data); every phase sets all its weights anew, so nothing carries over.

import type { TaskSettings, TokenizerSettings } from '../../study/settings/index.ts';
import { modelParameters } from '../../study/systems/index.ts';
import { createEngine, measurePeak } from '../engine/index.ts';
import type { Engine, EngineConfig } from '../engine/types.ts';
import { shapeOfModel } from '../models/index.ts';
import { type AnyTask, createTask } from '../tasks/index.ts';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.ts';

/** Weights of all kept engines together, fp32 values; an engine holds four such sets and its activations. */
const KEPT_PARAMETERS = 32e6;
const KEPT_ENGINES = 6;
const KEPT_TASKS = 4;
const KEPT_CHECKS = 1_000;

interface KeptEngine {
  readonly config: EngineConfig;
  readonly engine: Engine;
}

export class WarmState {
  readonly #tasks = new Map<string, AnyTask>();
  readonly #tokenizers = new Map<string, Tokenizer>();
  readonly #checked = new Set<string>();
  readonly #peaks = new Map<string, number>();
  /** Least recently used first. */
  #engines: KeptEngine[] = [];

  task(settings: TaskSettings): AnyTask {
    return kept(this.#tasks, JSON.stringify(settings), () => createTask(settings));
  }

  tokenizer(settings: TokenizerSettings, task: AnyTask): Tokenizer {
    // only `words` depends on the task
    const key = JSON.stringify(settings === 'words' ? [settings, task.dataHash] : [settings]);
    return kept(this.#tokenizers, key, () => createTokenizer(settings, task));
  }

  /** Runs a check unless it has passed before under this key. */
  checkOnce(key: string, check: () => void): void {
    if (this.#checked.has(key)) return;
    check();
    if (this.#checked.size >= KEPT_CHECKS) this.#checked.clear();
    this.#checked.add(key);
  }

  /** Of matrix products on a placement, measured once. */
  peakFlopsPerSecond({ device, threads, exclusiveCores = false }: EngineConfig): number {
    const placement = { device, threads, exclusiveCores };
    return kept(this.#peaks, JSON.stringify(placement), () => measurePeak(placement));
  }

  engineForTraining(config: EngineConfig): Engine {
    const key = JSON.stringify(config);
    return this.#engine(config, (candidate) => JSON.stringify(candidate) === key);
  }

  /** Any optimizer will do: an evaluation takes over the engine that trained. */
  engineForEvaluation(config: EngineConfig): Engine {
    const key = keyWithoutOptimizer(config);
    return this.#engine(config, (candidate) => keyWithoutOptimizer(candidate) === key);
  }

  /** Frees all engines: after a failure nothing of theirs is trusted. */
  releaseEngines(): void {
    for (const { engine } of this.#engines) engine.release();
    this.#engines = [];
  }

  #engine(config: EngineConfig, fits: (candidate: EngineConfig) => boolean): Engine {
    const found = this.#engines.find((entry) => fits(entry.config));
    if (found !== undefined) {
      this.#engines = [...this.#engines.filter((entry) => entry !== found), found];
      return found.engine;
    }
    this.#makeRoom(parameterCount(config));
    const engine = createEngine(config);
    this.#engines.push({ config, engine });
    return engine;
  }

  #makeRoom(needed: number): void {
    const total = (): number => this.#engines.reduce((sum, { config }) => sum + parameterCount(config), needed);
    while (this.#engines.length >= KEPT_ENGINES || (this.#engines.length > 0 && total() > KEPT_PARAMETERS)) {
      this.#engines.shift()?.engine.release();
    }
  }
}

function parameterCount({ model, channel }: EngineConfig): number {
  const count = modelParameters(shapeOfModel(model), model.vocabSize);
  return channel === null ? count : 2 * count;
}

const keyWithoutOptimizer = (config: EngineConfig): string => JSON.stringify({ ...config, optimizer: null });

function kept<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const value = cache.get(key) ?? make();
  cache.delete(key);
  cache.set(key, value);
  for (const [oldest] of cache) {
    if (cache.size <= KEPT_TASKS) break;
    cache.delete(oldest);
  }
  return value;
}
