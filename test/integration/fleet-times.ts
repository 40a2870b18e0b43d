// Intervals of the node gateway for tests: those of real fleets, shortened.

import { DEFAULT_FLEET_TIMES, type FleetTimes } from '../../services/orchestrator/index.ts';

export const TEST_TIMES: FleetTimes = {
  ...DEFAULT_FLEET_TIMES,
  nodeTimeoutMs: 2_000,
  ownershipLeaseMs: 1_500,
  unclaimedMs: 20_000,
  quarantineMs: 1_000,
};
