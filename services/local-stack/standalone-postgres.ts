// Postgres without the rest of the stack, for `lsweep sql` when the stack is down. Uses the running one where there is one.

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, readStackRecord, runningStack } from '../config/index.ts';
import { Silence } from '../machine/index.ts';
import { layoutOf, type StackLayout } from './layout.ts';
import { choosePort } from './ports.ts';
import { clusterExists, clusterIn } from './postgres/cluster.ts';
import { endStrayPostgres, postgresAnswers, postgresLaunch, postgresUrl } from './postgres/server.ts';
import { releaseStackLock, takeStackLock } from './stack-lock.ts';
import { makeStateFolder } from './state-folder.ts';

const POLL_MS = 50;

export interface StandalonePostgres {
  /** Of the writer, as in `endpoints`. */
  readonly url: string;
  /** Stops what was started for this; nothing when it ran before. */
  readonly stop: () => Promise<void>;
}

/** @throws LatentSweepError STORE_UNREACHABLE when there is no database here yet, or it does not start */
export async function startStandalonePostgres(config: Config): Promise<StandalonePostgres> {
  if (config.postgres.url !== null) return { url: config.postgres.url, stop: () => Promise.resolve() };
  const layout = layoutOf(config.stateDir);
  const unchanged = new Silence(POLL_MS, performance.now());
  let shown = '';
  for (; unchanged.tick(performance.now()) < config.stack.startMs; await pause(POLL_MS)) {
    const stack = runningStack(config);
    const states = JSON.stringify(stack?.services.map(({ state, restarts }) => [state, restarts]));
    if (states !== shown) unchanged.touch();
    shown = states;
    const isReady =
      stack?.services.some((service) => service.name === 'postgres' && service.state === 'ready') === true;
    const running = isReady ? (stack?.postgresUrl ?? null) : null;
    if (running !== null) return { url: running, stop: () => Promise.resolve() };
    if (stack !== null) continue;
    if (!clusterExists(layout.postgres)) {
      throw new LatentSweepError(
        'STORE_UNREACHABLE',
        `there is no database in ${config.stateDir} yet; lsweep up makes it`,
        { stateDir: config.stateDir },
      );
    }
    if (takeStackLock(layout.lock, 'postgres alone') === null) return await startUnderLock(config, layout);
  }
  throw new LatentSweepError(
    'STORE_UNREACHABLE',
    `Postgres in ${config.stateDir} was not ready within ${config.stack.startMs / 1000} s (stack.startMs); see ${layout.log('postgres')}`,
    {
      stateDir: config.stateDir,
    },
  );
}

async function startUnderLock(config: Config, layout: StackLayout): Promise<StandalonePostgres> {
  try {
    makeStateFolder(config);
    const cluster = clusterIn(layout.postgres);
    await endStrayPostgres(cluster.data);
    const recorded =
      readStackRecord(config.stateDir)?.services.find((service) => service.name === 'postgres')?.port ?? null;
    const port = await choosePort(recorded, new Set());
    const { file, args, ...user } = await postgresLaunch(cluster, port);
    mkdirSync(layout.logs, { recursive: true });
    const log = openSync(layout.log('postgres'), 'a');
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    const child = spawn(file, [...args], { ...user, env, stdio: ['ignore', log, log], cwd: '/' });
    closeSync(log);
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
    });
    const stop = async (): Promise<void> => {
      child.kill('SIGINT');
      await ended;
      releaseStackLock(layout.lock);
    };
    // as long as it lives it is starting: what a crash left to replay may take minutes, and whoever cannot start ends by himself
    while (!(await postgresAnswers(cluster, port))) {
      const how = await Promise.race([ended, pause(POLL_MS, null)]);
      if (how === null) continue;
      await stop();
      throw new LatentSweepError(
        'STORE_UNREACHABLE',
        `Postgres did not start (${how}); see ${layout.log('postgres')}`,
        { stateDir: config.stateDir },
      );
    }
    return { url: postgresUrl(cluster, port), stop };
  } catch (error) {
    releaseStackLock(layout.lock);
    throw error;
  }
}
