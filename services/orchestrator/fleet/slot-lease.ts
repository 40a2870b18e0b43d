// One slot of one node while an attempt has it. Who follows the attempt decides whether the slot counts as capacity for the
// activity queue (fleet.ts, `capacity`).

import type { NodeSession } from './node-session.ts';

/**
 * `activity`: a permit of this process stands behind it. `carried`: adopted, completed by id for a dead replica's activity, so no permit
 * does. `unclaimed`: its activity is closed; a permit is kept free for the retry that will re-attach.
 */
export type SlotUse = 'activity' | 'carried' | 'unclaimed';

export interface SlotLease {
  readonly node: NodeSession;
  /** 0-based on the node. */
  readonly slot: number;
  readonly device: string;
  readonly threads: number;
  use: SlotUse;
}
