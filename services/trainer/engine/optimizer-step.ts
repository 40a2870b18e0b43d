// Norm and update over the store's slabs: two small sessions that exist once per engine.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { ParameterGroup } from '../../study/systems/index.ts';
import { emitModel } from '../../tensor/onnx/index.ts';
import {
  COEFFICIENTS,
  normGraph,
  type OptimizerConfig,
  updateCoefficients,
  updateGraph,
} from '../../tensor/optimizer/index.ts';
import type { Binding, DeviceTensor, Runtime, Session, StagedInputs } from '../../tensor/runtime/index.ts';
import { fieldOf, type ParameterStore } from './parameter-store.ts';
import type { EngineConfig, LearningRates } from './types.ts';

/** @throws LatentSweepError CONFIG_INVALID where a trained group has none */
function rateOf(rates: LearningRates, group: ParameterGroup): number {
  const rate = rates[group];
  if (rate !== undefined) return rate;
  throw new LatentSweepError('CONFIG_INVALID', `train.lr: ${group} is trained and has no rate`, { key: 'train.lr' });
}

export class OptimizerStep {
  /** Updates since the moments were zero. */
  updates = 0;
  readonly #runtime: Runtime;
  readonly #config: OptimizerConfig;
  readonly #store: ParameterStore;
  readonly #norm: DeviceTensor;
  readonly #coefficients: StagedInputs;
  readonly #sessions: readonly Session[];
  readonly #normBinding: Binding;
  readonly #updateBinding: Binding;

  constructor(runtime: Runtime, store: ParameterStore, config: OptimizerConfig, device: EngineConfig['device']) {
    this.#runtime = runtime;
    this.#config = config;
    this.#store = store;
    const slabs = store.trainedSlabs.map(({ slab }) => slab);
    const normSession = runtime.createSession(emitModel(normGraph(slabs, device), 'norm'));
    const updateSession = runtime.createSession(emitModel(updateGraph(slabs), 'update'));
    this.#sessions = [normSession, updateSession];
    this.#normBinding = normSession.bind();
    this.#updateBinding = updateSession.bind();
    this.#norm = runtime.createTensor('float32', []);
    this.#normBinding.output('norm', this.#norm);
    for (const memory of store.trainedSlabs) {
      const { name } = memory.slab;
      this.#normBinding.input(`g.${name}`, fieldOf(memory, 'g'));
      this.#updateBinding.input(`g.${name}`, fieldOf(memory, 'g'));
      for (const field of ['p', 'm', 'v'] as const) {
        this.#updateBinding.input(`${field}.${name}`, fieldOf(memory, field));
        this.#updateBinding.output(`${field}.${name}.next`, fieldOf(memory, field));
      }
    }
    this.#coefficients = runtime.stageInputs(
      new Map(
        slabs.flatMap(({ name }) =>
          COEFFICIENTS.map((coefficient) => [`${coefficient}.${name}`, { dtype: 'float32', shape: [1] }] as const),
        ),
      ),
    );
    for (const [name, tensor] of this.#coefficients.tensors) this.#updateBinding.input(name, tensor);
  }

  /** Norm of the gradients that lie in the store. @throws LatentSweepError NAN_LOSS when it is not finite */
  gradNorm(): number {
    this.#normBinding.run();
    const norm = Number(this.#runtime.read(this.#norm)[0]);
    if (!Number.isFinite(norm))
      throw new LatentSweepError('NAN_LOSS', `the gradient norm is ${norm}`, { gradNorm: String(norm) });
    return norm;
  }

  apply(learningRates: LearningRates, gradNorm: number): void {
    const update = this.updates + 1;
    for (const { slab } of this.#store.trainedSlabs) {
      const values = updateCoefficients(this.#config, rateOf(learningRates, slab.group), slab.decays, update, gradNorm);
      for (const coefficient of COEFFICIENTS) {
        this.#coefficients.write(`${coefficient}.${slab.name}`, Float32Array.of(values[coefficient]));
      }
    }
    this.#coefficients.upload();
    this.#updateBinding.run();
    this.updates = update;
  }

  release(): void {
    this.#normBinding.release();
    this.#updateBinding.release();
    for (const session of this.#sessions) session.release();
  }
}
