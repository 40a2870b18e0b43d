// `lsweep status`: the record of the stack against what is really alive.

import { type Config, isAlive, readStackRecord, type ServiceRecord, type ServiceState } from '../config/index.ts';
import { layoutOf } from './layout.ts';

export interface ServiceStatus extends Omit<ServiceRecord, 'state' | 'process'> {
  /** `orphaned`: it runs, but its supervisor was killed; `dead`: the record calls it running, but it is gone. */
  readonly state: ServiceState | 'orphaned' | 'dead';
  readonly pid: number | null;
}

export interface StackStatus {
  /** `up`: every service is ready; `partly`: the supervisor is at work; `orphaned`: it was killed, lsweep up or down cleans up. */
  readonly state: 'up' | 'partly' | 'orphaned' | 'down';
  readonly stateDir: string;
  readonly temporalUiUrl: string | null;
  /** Why the last start was given up. */
  readonly failure: string | null;
  /** The supervisor first. */
  readonly services: readonly ServiceStatus[];
}

export function stackStatus(config: Config): StackStatus {
  const record = readStackRecord(config.stateDir);
  if (record === null)
    return { state: 'down', stateDir: config.stateDir, temporalUiUrl: null, failure: null, services: [] };
  const isSupervised = record.supervisor !== null && isAlive(record.supervisor);
  const services = record.services.map((service) => statusOf(service, isSupervised));
  const supervisor: ServiceStatus = {
    name: 'supervisor',
    state: isSupervised ? 'ready' : record.supervisor === null ? 'stopped' : 'dead',
    pid: isSupervised ? (record.supervisor?.pid ?? null) : null,
    port: null,
    startedAtMs: null,
    restarts: 0,
    lastExit: null,
    log: layoutOf(config.stateDir).log('supervisor'),
  };
  return {
    state: overall(isSupervised, services),
    stateDir: config.stateDir,
    temporalUiUrl: isSupervised ? record.temporalUiUrl : null,
    failure: record.failure,
    services: [supervisor, ...services],
  };
}

function statusOf({ process: mark, ...service }: ServiceRecord, isSupervised: boolean): ServiceStatus {
  const lives = mark !== null && isAlive(mark);
  const pid = lives ? mark.pid : null;
  if (isSupervised) return { ...service, pid };
  return {
    ...service,
    pid,
    state: lives ? 'orphaned' : mark === null ? service.state : 'dead',
    startedAtMs: lives ? service.startedAtMs : null,
  };
}

function overall(isSupervised: boolean, services: readonly ServiceStatus[]): StackStatus['state'] {
  if (!isSupervised) return services.some((service) => service.state === 'orphaned') ? 'orphaned' : 'down';
  return services.every((service) => service.state === 'ready') ? 'up' : 'partly';
}
