// What this process may use of the machine, by control groups: fixture trees of every kind, and real groups where the test may make some.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CgroupLimits, cgroupLimits, machineSize } from '../../services/machine/index.ts';
import { withinLimits } from '../../services/machine/machine-size.ts';

const MIB = 2 ** 20;
const NONE: CgroupLimits = { memoryBytes: null, cpus: null };
const V1_NO_LIMIT = '9223372036854771712';

const limitsIn = (files: Readonly<Record<string, string>>): CgroupLimits => cgroupLimits((path) => files[path] ?? null);

const unified = (group: string, root = '/'): Readonly<Record<string, string>> => ({
  '/proc/self/cgroup': `0::${group}\n`,
  '/proc/self/mountinfo': `24 1 0:22 ${root} /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n`,
});

/** As on a host with one mount per controller, `cpu` and `cpuacct` together. */
const versionOne = (group: string, root = '/'): Readonly<Record<string, string>> => ({
  '/proc/self/cgroup': `9:memory:${group}\n4:cpu,cpuacct:${group}\n3:cpuset:${group}\n1:name=systemd:/init\n0::/\n`,
  '/proc/self/mountinfo': ['memory', 'cpu,cpuacct', 'cpuset']
    .map((names, i) => `${30 + i} 24 0:${i} ${root} /sys/fs/cgroup/${names} rw shared:1 - cgroup cgroup rw,${names}\n`)
    .join(''),
});

describe('limits of version 2', () => {
  test('the tightest along the way down to the group holds', () => {
    const files = {
      ...unified('/jobs/user/7'),
      '/sys/fs/cgroup/jobs/memory.max': String(800 * MIB),
      '/sys/fs/cgroup/jobs/user/memory.max': String(500 * MIB),
      '/sys/fs/cgroup/jobs/user/7/memory.max': 'max\n',
      '/sys/fs/cgroup/jobs/user/7/memory.high': String(600 * MIB),
      '/sys/fs/cgroup/jobs/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/jobs/user/7/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/jobs/user/7/cpuset.cpus.effective': '0-3,8\n',
    };
    assert.deepEqual(limitsIn(files), { memoryBytes: 500 * MIB, cpus: 1.5 });
  });

  test('memory.high counts, and a set of CPUs where there is no quota', () => {
    const files = {
      ...unified('/a'),
      '/sys/fs/cgroup/a/memory.max': 'max',
      '/sys/fs/cgroup/a/memory.high': '1048576\n',
      '/sys/fs/cgroup/a/cpuset.cpus.effective': '2,4-5\n',
    };
    assert.deepEqual(limitsIn(files), { memoryBytes: MIB, cpus: 3 });
  });

  test('a container that sees its own group as the root finds its limits there', () => {
    const files = {
      ...unified('/'),
      '/sys/fs/cgroup/memory.max': '1048576',
      '/sys/fs/cgroup/cpu.max': '400000 100000',
    };
    assert.deepEqual(limitsIn(files), { memoryBytes: MIB, cpus: 4 });
  });

  test('a group outside of what is mounted has the limits of the mount', () => {
    const files = { ...unified('/../../other'), '/sys/fs/cgroup/memory.max': '1048576' };
    assert.deepEqual(limitsIn(files), { memoryBytes: MIB, cpus: null });
  });
});

describe('limits of version 1', () => {
  test('of memory, quota and set of CPUs, the tightest along the way', () => {
    const files = {
      ...versionOne('/slurm/job_7'),
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': V1_NO_LIMIT,
      '/sys/fs/cgroup/memory/slurm/memory.limit_in_bytes': String(700 * MIB),
      '/sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes': String(900 * MIB),
      '/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_quota_us': '-1',
      '/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_period_us': '100000',
      '/sys/fs/cgroup/cpuset/slurm/job_7/cpuset.cpus': '0-1',
    };
    assert.deepEqual(limitsIn(files), { memoryBytes: 700 * MIB, cpus: 2 });
  });

  test('a container that is told the host path of its group looks below its own mount', () => {
    const files = {
      ...versionOne('/docker/abc', '/docker/abc'),
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1048576',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
    };
    assert.deepEqual(limitsIn(files), { memoryBytes: MIB, cpus: 0.5 });
  });

  test('a path with a blank is found', () => {
    const files = {
      '/proc/self/cgroup': '4:memory:/a\n',
      '/proc/self/mountinfo': '30 24 0:1 / /my\\040groups rw - cgroup cgroup rw,memory\n',
      '/my groups/a/memory.limit_in_bytes': '1048576',
    };
    assert.equal(limitsIn(files).memoryBytes, MIB);
  });
});

test('limits of both versions at once: each controller where it is mounted', () => {
  const files = {
    '/proc/self/cgroup': '4:memory:/a\n0::/b\n',
    '/proc/self/mountinfo': [
      '30 24 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      '31 24 0:2 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    ].join('\n'),
    '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': '2097152',
    '/sys/fs/cgroup/unified/b/cpu.max': '200000 100000',
  };
  assert.deepEqual(limitsIn(files), { memoryBytes: 2 * MIB, cpus: 2 });
});

test('without control groups, without limits and with words that are none there is no limit', () => {
  assert.deepEqual(limitsIn({}), NONE);
  assert.deepEqual(limitsIn(unified('/a')), NONE);
  const odd = {
    '/sys/fs/cgroup/a/memory.max': 'many',
    '/sys/fs/cgroup/a/cpu.max': '0 0',
    '/sys/fs/cgroup/a/cpuset.cpus.effective': '\n',
  };
  assert.deepEqual(limitsIn({ ...unified('/a'), ...odd }), NONE);
});

test('the machine is never larger than it is, and has one core at least', () => {
  const machine = { cores: 8, memoryBytes: 100 };
  assert.deepEqual(withinLimits(machine, NONE), machine);
  assert.deepEqual(withinLimits(machine, { memoryBytes: 1_000, cpus: 64 }), machine);
  assert.deepEqual(withinLimits(machine, { memoryBytes: 30, cpus: 2.5 }), { cores: 2, memoryBytes: 30 });
  assert.equal(withinLimits(machine, { memoryBytes: null, cpus: 0.25 }).cores, 1);
});

test('this very process has a size', () => {
  const { cores, memoryBytes } = machineSize();
  assert.ok(cores >= 1 && cores <= availableParallelism());
  assert.ok(memoryBytes > 0 && memoryBytes <= totalmem());
});

/** A process in a group of its own below `parent` says what it may use. */
function sizeInGroup(
  t: TestContext,
  parent: string,
  file: string,
  value: string,
): { readonly memoryBytes: number } | null {
  const group = join(parent, `latent-sweep-test-${process.pid}`);
  try {
    mkdirSync(group);
  } catch (error) {
    t.skip(`no control group can be made in ${parent} (${error instanceof Error ? error.message : error})`);
    return null;
  }
  try {
    if (!existsSync(join(group, file))) {
      t.skip(`${parent} does not control memory`);
      return null;
    }
    writeFileSync(join(group, file), value);
    const index = new URL('../../services/machine/index.ts', import.meta.url).href;
    const script = `import { writeFileSync } from 'node:fs';
      writeFileSync(${JSON.stringify(join(group, 'cgroup.procs'))}, String(process.pid));
      const { machineSize } = await import(${JSON.stringify(index)});
      console.log(JSON.stringify(machineSize()));`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const root = fileURLToPath(new URL('../../', import.meta.url));
    return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as { memoryBytes: number };
  } finally {
    // the kernel lets a group go when its last process has
    rmdirSync(group);
  }
}

const LIMIT_BYTES = 700 * MIB;

test('a real group of version 1 limits the memory', (t) => {
  const size = sizeInGroup(t, '/sys/fs/cgroup/memory', 'memory.limit_in_bytes', String(LIMIT_BYTES));
  if (size !== null) assert.equal(size.memoryBytes, LIMIT_BYTES);
});

test('a real group of version 2 limits the memory', (t) => {
  const size = sizeInGroup(t, '/sys/fs/cgroup', 'memory.max', String(LIMIT_BYTES));
  if (size !== null) assert.equal(size.memoryBytes, LIMIT_BYTES);
});
