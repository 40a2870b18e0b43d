// Where the control groups of this process are: /proc/self/cgroup names its group in every hierarchy, /proc/self/mountinfo says where each
// hierarchy is mounted and which of its groups the mount shows. Pure; cgroups(7), proc_pid_mountinfo(5).

export type ReadText = (path: string) => string | null;

/** `unified`: the one hierarchy of version 2. */
export type Controller = 'memory' | 'cpu' | 'cpuset' | 'unified';

interface Mount {
  readonly controller: Controller;
  /** Group that the mount point shows: / on a host, its own group in many containers. */
  readonly root: string;
  readonly point: string;
}

const CONTROLLERS = ['memory', 'cpu', 'cpuset'] as const;

/** The group's folder and those above it, as far as they are visible: a limit of any of them holds. Empty without such a hierarchy. */
export function cgroupFolders(controller: Controller, read: ReadText): readonly string[] {
  const group = groupsOf(read('/proc/self/cgroup') ?? '').get(controller);
  if (group === undefined) return [];
  return mountsOf(read('/proc/self/mountinfo') ?? '')
    .filter((mount) => mount.controller === controller)
    .flatMap(({ root, point }) => pathDownTo(point, below(root, group)));
}

/** `4:memory:/jobs/7`, and for version 2 `0::/jobs/7`. */
function groupsOf(text: string): ReadonlyMap<Controller, string> {
  const groups = new Map<Controller, string>();
  for (const line of text.split('\n')) {
    const [, id, names, group] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (id === undefined || names === undefined || group === undefined) continue;
    if (id === '0' && names === '') groups.set('unified', group);
    for (const name of CONTROLLERS) if (names.split(',').includes(name)) groups.set(name, group);
  }
  return groups;
}

function mountsOf(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line): readonly Mount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', point = '/'] = before.split(' ').map(unescape);
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') return [{ controller: 'unified', root, point }];
    if (type !== 'cgroup') return [];
    return CONTROLLERS.filter((name) => options.split(',').includes(name)).map((controller) => ({
      ...{ controller, root, point },
    }));
  });
}

/** The kernel writes blanks and backslashes of paths in octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Names from the mount's root down to the group; none when the group lies outside of what the mount shows. */
function below(root: string, group: string): readonly string[] {
  const inside = root === '/' ? group : group === root || group.startsWith(`${root}/`) ? group.slice(root.length) : '';
  const names = inside.split('/').filter((name) => name !== '');
  return names.includes('..') ? [] : names;
}

function pathDownTo(point: string, names: readonly string[]): readonly string[] {
  return [point, ...names.map((_, i) => [point, ...names.slice(0, i + 1)].join('/'))];
}
