// The border of the configuration.

export { describeConfig, type KeyDescription, type SectionDescription } from './describe.ts';
export { artifactsUrl, type Endpoints, endpoints, runningStack } from './endpoints.ts';
export type { Environment } from './environment.ts';
export { findKeys } from './find-keys.ts';
export { type HostPort, joinHostPort, splitHostPort } from './host-port.ts';
export { LEAVES, type Leaf } from './leaves.ts';
export { type Config, type ConfigSources, loadConfig } from './load.ts';
export { readPemFiles } from './pem-files.ts';
export { isAlive, markOf, type ProcessMark } from './process-mark.ts';
export { redact, redactUrl } from './redact.ts';
export { type RpcSettings, rpcSettings } from './rpc-options.ts';
export { secretPath } from './secret-file.ts';
export { makeSecretOnce } from './secret-once.ts';
export { slotCount } from './slot-count.ts';
export {
  readStackRecord,
  type ServiceRecord,
  type ServiceState,
  type StackRecord,
  stackRecordPath,
} from './stack-record.ts';
export { valueAt } from './value-at.ts';
