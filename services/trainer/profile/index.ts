// The border of profiles.
export { chromeTrace } from './chrome-trace.ts';
export type { NodeEvent } from './node-events.ts';
export { profilePhase, type StepProfile, type TimeShare } from './profile-phase.ts';
