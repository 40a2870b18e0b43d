// Causal tests of the latents beside an evaluation (services/trainer/analyses/README.md): for each intervention the answers and the loss on
// the gold answer
// that remain, and those of the latents as they are. Batch by batch; what was found so far can be written down and read back.

import type { AnalysisValue } from '../../../workflows/domain/phase-result.ts';
import { type Intervention, interventionLabel } from '../../study/settings/index.ts';
import type { HostTensor, NamedTensors } from '../../tensor/runtime/index.ts';
import { cyclicDonors, LatentMean, replacedLatents } from '../analyses/index.ts';
import type { Engine } from '../engine/types.ts';
import type { CurriculumItem, ItemLatents } from '../systems/index.ts';

const PREFIX = 'causal.';
const MEAN = `${PREFIX}mean_latents`;
const INTACT = 'intact';

export interface CausalTestSettings {
  readonly engine: Engine;
  readonly interventions: readonly Intervention[];
  /** Items of the whole evaluation; `shuffle` and `mean` reach over all of them. */
  readonly size: number;
  /** Items at a time where all of them are looked at. */
  readonly batch: number;
  /** With all latents, and the gold answer as target. */
  readonly itemAt: (index: number) => CurriculumItem;
  /** Whether the answers of a batch of items are correct, in order. `given` as in `Engine.generate`. */
  readonly judge: (
    begin: number,
    items: readonly CurriculumItem[],
    given?: readonly ItemLatents[],
  ) => readonly boolean[];
}

/** One value per item, or per batch. */
interface Found {
  readonly correct: number[];
  readonly lossNats: number[];
  readonly targets: number[];
}

export class CausalTests {
  readonly #settings: CausalTestSettings;
  readonly #donors: Uint32Array;
  readonly #found: ReadonlyMap<string, Found>;
  #mean: ItemLatents | null;

  /** @param before what `state` gave at the resumed step; null at the beginning */
  constructor(settings: CausalTestSettings, before: NamedTensors | null) {
    this.#settings = settings;
    this.#donors = cyclicDonors(settings.size);
    this.#mean = before?.get(MEAN)?.data ?? null;
    const read = (label: string, field: keyof Found): number[] => [...(before?.get(nameOf(label, field))?.data ?? [])];
    this.#found = new Map(
      [INTACT, ...settings.interventions.map(interventionLabel)].map((label) => [
        label,
        { correct: read(label, 'correct'), lossNats: read(label, 'lossNats'), targets: read(label, 'targets') },
      ]),
    );
  }

  /** @param intact verdicts on the items from `begin` on, as the evaluation itself has found them */
  run(begin: number, intact: readonly boolean[]): void {
    const { engine, interventions, itemAt, judge } = this.#settings;
    const items = intact.map((_, row) => itemAt(begin + row));
    this.#add(INTACT, intact, engine.evaluateLoss({ kind: 'curriculum', items }));
    const own = engine.observeLatents(items).map(({ exchanged }) => exchanged);
    for (const intervention of interventions) {
      const label = interventionLabel(intervention);
      if (typeof intervention !== 'string') {
        const fewer = items.map((item) => ({ ...item, latents: Math.min(item.latents, intervention.truncate) }));
        this.#add(label, judge(begin, fewer), engine.evaluateLoss({ kind: 'curriculum', items: fewer }));
        continue;
      }
      const given = this.#given(intervention, begin, own);
      this.#add(label, judge(begin, items, given), engine.evaluateLoss({ kind: 'curriculum', items }, given));
    }
  }

  #given(
    intervention: Exclude<Intervention, object>,
    begin: number,
    own: readonly ItemLatents[],
  ): readonly ItemLatents[] {
    const { engine, itemAt } = this.#settings;
    const layout = engine.latentLayout;
    if (layout === null) throw new TypeError('a system without latents has no causal tests');
    switch (intervention) {
      case 'zero':
      case 'swap':
        return own.map((latents) => replacedLatents(intervention, latents, layout));
      case 'shuffle': {
        const donors = own.map((_, row) => itemAt(this.#donors[begin + row] ?? begin + row));
        return engine.observeLatents(donors).map(({ exchanged }) => exchanged);
      }
      case 'mean': {
        this.#mean ??= this.#meanOfAll();
        const mean = this.#mean;
        return own.map(() => mean);
      }
    }
  }

  #meanOfAll(): ItemLatents {
    const { engine, size, batch, itemAt } = this.#settings;
    const mean = new LatentMean();
    for (let begin = 0; begin < size; begin += batch) {
      const items = Array.from({ length: Math.min(batch, size - begin) }, (_, row) => itemAt(begin + row));
      for (const { exchanged } of engine.observeLatents(items)) mean.add(exchanged);
    }
    return mean.value();
  }

  #add(
    label: string,
    correct: readonly boolean[],
    { lossNats, targets }: { readonly lossNats: number; readonly targets: number },
  ): void {
    const found = this.#found.get(label);
    found?.correct.push(...correct.map(Number));
    found?.lossNats.push(lossNats);
    found?.targets.push(targets);
  }

  state(): NamedTensors {
    const vectors = [...this.#found].flatMap(([label, { correct, lossNats, targets }]) =>
      Object.entries({ correct, lossNats, targets }).map(([field, values]): [string, HostTensor] => [
        nameOf(label, field),
        { shape: [values.length], data: Float32Array.from(values) },
      ]),
    );
    const mean: readonly [string, HostTensor][] =
      this.#mean === null ? [] : [[MEAN, { shape: [this.#mean.length], data: this.#mean }]];
    return new Map([...vectors, ...mean]);
  }

  /** Accuracy, 0..1, and loss, nats per target over all targets, of every intervention and of the latents as they are. */
  analyses(): readonly AnalysisValue[] {
    return [...this.#found].flatMap(([label, { correct, lossNats, targets }]) => {
      const row = (name: string, value: number): AnalysisValue => ({ name, label, i: null, j: null, value });
      const nats = sum(lossNats.map((loss, index) => loss * (targets[index] ?? 0)));
      return [row('causal_accuracy', sum(correct) / correct.length), row('causal_loss', nats / sum(targets))];
    });
  }
}

const nameOf = (label: string, field: string): string => `${PREFIX}${label}.${field}`;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
