// The database goes first. Every commit and every question of a person waits for Postgres, which needs little; what fills a machine's cores beside
// it runs at a lower priority, so that a full machine answers as an idle one does.

import type { ServiceCommand } from './service.ts';

/** As `nice -n` counts: about a third of the share that a process at 0 has. */
const NICENESS = 5;

/** The same command and, since `nice` becomes what it starts, the same pid; its children, such as trainers, inherit it. */
export function yielding(command: ServiceCommand): ServiceCommand {
  return { ...command, file: 'nice', args: ['-n', String(NICENESS), command.file, ...command.args] };
}
