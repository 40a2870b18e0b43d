// The border of probes.
export { runProbe } from './run-probe.ts';
