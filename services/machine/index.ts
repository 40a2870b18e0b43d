// The border of what is known about the machine.

export { boundedBytes } from './bounded-bytes.ts';
export { type CgroupLimits, cgroupLimits, type ReadText } from './cgroup-limits.ts';
export { type MachineSize, machineSize } from './machine-size.ts';
export { type ProcessUsage, processUsage } from './process-usage.ts';
export { Silence } from './silence.ts';
export { type StartLimits, StartWatch } from './start-watch.ts';
