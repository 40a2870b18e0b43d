// Which layers a kv channel exchanges, and the one way each set of layers is written in identities and tables.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Channel, LayerSelection, SystemName } from '../settings/index.ts';
import { ownChannel } from './system-traits.ts';

/**
 * Layers counted from 0, ascending.
 * @returns null when the selection names a layer that a model of `layers` layers does not have
 */
export function layersOf(selection: LayerSelection, layers: number): readonly number[] | null {
  const all = Array.from({ length: layers }, (_, layer) => layer);
  if (selection === 'all') return all;
  if (typeof selection !== 'string') {
    return selection.some((layer) => layer >= layers) ? null : [...new Set(selection)].sort((a, b) => a - b);
  }
  const [kind, digits] = selection.split(':');
  const count = Number(digits);
  if (count > layers) return null;
  if (kind === 'top') return all.slice(-count);
  if (kind === 'bottom') return all.slice(0, count);
  return all.filter((layer) => layer % count === 0);
}

/**
 * Layers whose cache entries a system exchanges, ascending; none unless its channel is kv.
 * @param channel null = the system's own
 * @throws LatentSweepError CONFIG_INVALID for a layer that a model of `layers` layers does not have
 */
export function exchangedLayers(system: SystemName, channel: Channel | null, layers: number): readonly number[] {
  const used = channel ?? ownChannel(system);
  if (used?.kind !== 'kv') return [];
  const chosen = layersOf(used.layers, layers);
  if (chosen !== null) return chosen;
  const { layers: value } = used;
  throw new LatentSweepError(
    'CONFIG_INVALID',
    `channel.layers: ${typeof value === 'string' ? value : `layer ${value.find((layer) => layer >= layers)}`} does not fit a model of ${layers} layers`,
    { key: 'channel.layers' },
  );
}

/** The first of `all`, `top:k`, `bottom:k`, `every:k` and the list that means the same layers; so `top:4` of four layers is `all`. */
export function canonicalLayers(selection: LayerSelection, layers: number | null): LayerSelection {
  if (layers === null) return typeof selection === 'string' ? selection : [...new Set(selection)].sort((a, b) => a - b);
  const chosen = layersOf(selection, layers);
  if (chosen === null) return selection;
  const counts = Array.from({ length: layers }, (_, i) => i + 1);
  const forms: readonly LayerSelection[] = [
    'all',
    ...['top', 'bottom', 'every'].flatMap((kind) => counts.map((count): LayerSelection => `${kind}:${count}`)),
  ];
  const same = (form: LayerSelection): boolean => String(layersOf(form, layers)) === String(chosen);
  return forms.find(same) ?? [...chosen];
}
