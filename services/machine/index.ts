// The border of what is known about the machine.

export { type CgroupLimits, cgroupLimits, type ReadText } from './cgroup-limits.ts';
export { type MachineSize, machineSize } from './machine-size.ts';
