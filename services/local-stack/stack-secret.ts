// The secret of the local stack, made once: its processes send it with every call to each other, so that other users of the machine, whose
// loopback is the same, cannot give orders to a node or pass for one.

import { type Config, makeSecretOnce, secretPath } from '../config/index.ts';
import { makeStateFolder } from './state-folder.ts';

export function makeStackSecret(config: Pick<Config, 'stateDir' | 'dir'>): void {
  makeStateFolder(config);
  makeSecretOnce(secretPath(config.stateDir), 'hex');
}
