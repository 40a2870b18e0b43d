// What of a trial decides which tensors a system has.

import type { Channel, Objective, Query, SystemName } from '../../study/settings/index.ts';
import type { ModelConfig } from '../models/index.ts';

export interface SystemSettings {
  readonly model: ModelConfig;
  readonly system: SystemName;
  readonly channel: Channel | null;
  readonly latents: number;
  readonly query: Query | null;
  /** Terms beside the cross-entropy (docs/design/study.md section 12). Absent: none. */
  readonly objectives?: readonly Objective[];
  /** Latents that stand for one replaced step; for the objective `steps`. */
  readonly latentsPerStep?: number;
}
