// The address of the running stack's dashboard, with the token that lets a browser in.

import { type Config, joinHostPort, runningStack, type StackRecord, splitHostPort } from '../config/index.ts';
import { DASHBOARD } from '../local-stack/index.ts';

/** @returns null where the stack is down or runs none */
export async function dashboardUrl(
  config: Config,
  path = '/',
  record: StackRecord | null = runningStack(config),
): Promise<string | null> {
  const service = record?.services.find(({ name }) => name === DASHBOARD);
  if (service === undefined || service.port === null) return null;
  const { readOrMakeToken } = await import('../dashboard/index.ts');
  const { host } = splitHostPort(config.dashboard.address);
  const url = new URL(path, `http://${joinHostPort({ host, port: service.port })}`);
  url.searchParams.set('token', readOrMakeToken(config.stateDir));
  return url.href;
}
