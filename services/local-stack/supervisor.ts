// The supervisor: owns the state folder, starts what the plan names in order, keeps it running, tells stack.json, stops everything in the
// opposite order. It outlives the command that started it and holds no terminal.

import type { Logger } from 'pino';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, markOf, readStackRecord, type StackRecord } from '../config/index.ts';
import { readerUrl } from '../store/index.ts';
import { configHash } from './config-hash.ts';
import { layoutOf } from './layout.ts';
import { endOrphans, orphansOf } from './orphans.ts';
import { DEFAULT_SERVICE_TIMES, Service, type ServiceTimes } from './service.ts';
import { planStack, type StackPlan } from './stack-plan.ts';
import { writeStackRecord } from './write-record.ts';

/** A service that ended so often before it was ever ready will not start by patience alone. */
const MOST_FAILED_STARTS = 4;

export interface SupervisorOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Ends the stack in order. */
  readonly signal: AbortSignal;
  readonly times?: ServiceTimes;
  /** Default: by the configuration. */
  readonly plan?: (before: StackRecord | null) => Promise<StackPlan>;
}

/**
 * Runs until the signal. The caller holds the stack's lock.
 *
 * @throws LatentSweepError what made the start impossible; stack.json tells it too
 */
export async function runSupervisor(options: SupervisorOptions): Promise<void> {
  const { config, log } = options;
  const layout = layoutOf(config.stateDir);
  const before = readStackRecord(config.stateDir);
  const orphans = before === null ? [] : orphansOf(before);
  const base: StackRecord = {
    version: 1,
    supervisor: markOf(process.pid),
    failure: null,
    configHash: configHash(config),
    postgresUrl: before?.postgresUrl ?? null,
    readerUrl: before?.readerUrl ?? null,
    temporalAddress: before?.temporalAddress ?? null,
    temporalUiUrl: before?.temporalUiUrl ?? null,
    registryAddresses: before?.registryAddresses ?? [],
    // none of them is ours, whatever the last run called them
    services: before?.services.map((one) => ({ ...one, state: orphans.includes(one) ? 'stopping' : 'stopped' })) ?? [],
  };
  const write = (record: Partial<StackRecord>): void => writeStackRecord(config.stateDir, { ...base, ...record });
  try {
    // known as ours before anything is ended or started, so that whoever asks waits instead of starting another
    write({});
    if (before !== null) {
      await endOrphans(before, (service) =>
        log.warn({ service }, 'left behind by a supervisor that was killed; ending it'),
      );
    }
    const plan = await (options.plan ?? ((record) => planStack(config, layout, record)))(before);
    await runPlan(plan, options, write);
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    write({ supervisor: null, failure });
    throw error;
  }
}

async function runPlan(
  plan: StackPlan,
  options: SupervisorOptions,
  write: (record: Partial<StackRecord>) => void,
): Promise<void> {
  const { log, signal } = options;
  const { postgresUrl, temporalAddress, temporalUiUrl, registryAddresses } = plan;
  const addresses = {
    postgresUrl,
    readerUrl: postgresUrl === null ? null : readerUrl(postgresUrl),
    temporalAddress,
    temporalUiUrl,
    registryAddresses,
  };
  let wake = (): void => undefined;
  const services: readonly Service[] = plan.services.map(
    (definition) =>
      new Service(definition, options.times ?? DEFAULT_SERVICE_TIMES, log, () => {
        tell();
        wake();
      }),
  );
  const tell = (ended: Partial<StackRecord> = {}): void =>
    write({ ...addresses, services: services.map((service) => service.record), ...ended });
  const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  signal.addEventListener('abort', () => wake(), { once: true });
  tell();
  let failure: string | null = null;
  while (!signal.aborted && failure === null) {
    for (const service of services) if (canStart(service, services)) service.start();
    const hopeless = services.find((service) => service.failedStarts >= MOST_FAILED_STARTS);
    if (hopeless === undefined) await changed();
    else
      failure = `${hopeless.definition.name} does not start (${hopeless.record.lastExit}); its log: ${hopeless.definition.log}`;
  }
  for (const service of [...services].reverse()) await service.stop();
  tell({ supervisor: null, failure });
  if (failure !== null) throw new LatentSweepError('CONFIG_INVALID', failure, { key: 'stack' });
}

/** What a service needs must be ready the first time; later it waits by itself. */
function canStart(service: Service, services: readonly Service[]): boolean {
  const { needs } = service.definition;
  return services.every((other) => !needs.includes(other.definition.name) || other.isReady);
}
