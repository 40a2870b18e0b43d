import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Config, loadConfig, rpcSettings, secretPath } from '../../services/config/index.ts';
import { makeStackSecret } from '../../services/local-stack/stack-secret.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lsweep-secret-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const configWith = (yaml: string): Config => {
  writeFileSync(join(dir, 'lsweep.yaml'), yaml);
  return loadConfig({ dir, environment: {} });
};
const tlsFolder = new URL('../integration/tls/', import.meta.url).pathname;

test('the local stack makes a secret once, that only its owner can read, in a folder closed to others', () => {
  const config = configWith('');
  makeStackSecret(config);
  const path = secretPath(config.stateDir);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(config.stateDir).mode & 0o066, 0);
  for (const name of ['logs', 'nodes', 'temporal', 'artifacts'])
    assert.equal(statSync(join(config.stateDir, name)).mode & 0o077, 0, name);
  const { secret } = rpcSettings(config);
  assert.match(secret ?? '', /^[0-9a-f]{64}$/);
  makeStackSecret(config);
  assert.equal(rpcSettings(config).secret, secret);
});

test('without a secret and without certificates the refusal says which key, where it looked and what to do', () => {
  assert.throws(
    () => rpcSettings(configWith('')),
    /CONFIG_INVALID: secretFile is not set, and the local stack's own, .*\.lsweep\/secret, cannot be read \(ENOENT.*copy of the same file, run lsweep up, or set tls$/,
  );
  assert.throws(
    () => rpcSettings(configWith('secretFile: absent')),
    /CONFIG_INVALID: secretFile: .*absent cannot be read \(ENOENT/,
  );
});

test('a configured file serves on any machine, unless other users can read it or it holds no secret', () => {
  const path = join(dir, 'shared');
  const config = configWith('secretFile: shared');
  writeFileSync(path, `${'s'.repeat(40)}\n`, { mode: 0o600 });
  assert.equal(rpcSettings(config).secret, 's'.repeat(40));
  chmodSync(path, 0o640);
  assert.throws(() => rpcSettings(config), /secretFile: .*shared is open to other users \(mode 640\); chmod 600 it/);
  chmodSync(path, 0o600);
  for (const bad of ['', 'short', `${'s'.repeat(20)} ${'s'.repeat(20)}`]) {
    writeFileSync(path, bad);
    assert.throws(() => rpcSettings(config), /secretFile: .*shared holds no secret; allowed are 32 to 512 characters/);
  }
  assert.equal(readFileSync(path, 'utf8').length, 41);
});

test('certificates need no secret beside them', () => {
  const tls = `{ ca: ${tlsFolder}ca.pem, cert: ${tlsFolder}peer.pem, key: ${tlsFolder}peer.key }`;
  assert.equal(rpcSettings(configWith(`tls: ${tls}`)).secret, undefined);
});
