// `lsweep down`: asks the supervisor to stop everything in order and waits for its end; cleans up after one that was killed.

import { setTimeout as pause } from 'node:timers/promises';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, isAlive, readStackRecord, runningStack, type StackRecord } from '../config/index.ts';
import { Silence } from '../machine/index.ts';
import { layoutOf } from './layout.ts';
import { endOrphans, orphansOf } from './orphans.ts';
import { releaseStackLock, takeStackLock } from './stack-lock.ts';
import { writeStackRecord } from './write-record.ts';

const POLL_MS = 50;
/** Without any service changing its state: longer than the longest limit of a service, after which it is killed. */
const PATIENCE_MS = 150_000;

export type DownResult = 'stopped' | 'was down' | 'cleaned up';

export async function down(
  config: Config,
  onChange: (record: StackRecord) => void = () => undefined,
): Promise<DownResult> {
  const supervisor = runningStack(config)?.supervisor ?? null;
  if (supervisor !== null) return await stopSupervisor(config, supervisor, onChange);
  const record = readStackRecord(config.stateDir);
  if (record === null) return 'was down';
  const { lock } = layoutOf(config.stateDir);
  // a supervisor that has only just started has the lock before it is in the record
  const holder = takeStackLock(lock, 'postgres alone');
  if (holder !== null)
    return holder.role === 'supervisor' ? await stopSupervisor(config, holder, onChange) : 'was down';
  try {
    if (orphansOf(record).length === 0) return 'was down';
    await endOrphans(record, () => onChange(record));
    writeStackRecord(config.stateDir, {
      ...record,
      supervisor: null,
      services: record.services.map((one) => ({ ...one, state: 'stopped', process: null, startedAtMs: null })),
    });
    return 'cleaned up';
  } finally {
    releaseStackLock(lock);
  }
}

async function stopSupervisor(
  config: Config,
  mark: NonNullable<StackRecord['supervisor']>,
  onChange: (record: StackRecord) => void,
): Promise<DownResult> {
  process.kill(mark.pid, 'SIGTERM');
  const unchanged = new Silence(POLL_MS, performance.now());
  for (let shown = ''; isAlive(mark); await pause(POLL_MS)) {
    const record = readStackRecord(config.stateDir);
    const states = JSON.stringify(record?.services.map(({ state }) => state));
    if (record !== null && states !== shown) {
      onChange(record);
      unchanged.touch();
    }
    shown = states;
    if (unchanged.tick(performance.now()) > PATIENCE_MS) {
      throw new LatentSweepError(
        'INTERNAL',
        `the supervisor (pid ${mark.pid}) has stopped nothing more for ${PATIENCE_MS / 1000} s; see ${layoutOf(config.stateDir).log('supervisor')}`,
        { pid: mark.pid },
      );
    }
  }
  return 'stopped';
}
