// What of a trial decides which tensors a system has.

import type { Channel, Query, SystemName } from '../../study/settings/index.ts';
import type { ModelConfig } from '../models/index.ts';

export interface SystemSettings {
  readonly model: ModelConfig;
  readonly system: SystemName;
  readonly channel: Channel | null;
  readonly latents: number;
  readonly query: Query | null;
}
