import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readPemFiles } from '../../services/config/index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lsweep-pem-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const TLS = new URL('../integration/tls/', import.meta.url);
const CONTENTS = { 'ca.pem': 'ca.pem', 'cert.pem': 'peer.pem', 'key.pem': 'peer.key' } as const;
const file = (name: keyof typeof CONTENTS): string => {
  copyFileSync(new URL(CONTENTS[name], TLS), join(dir, name));
  return join(dir, name);
};

test('the named files are read, and those that are not named are left out', () => {
  assert.equal(readPemFiles('tls', null), undefined);
  const all = readPemFiles('tls', { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') });
  assert.deepEqual(all?.key, readFileSync(new URL('peer.key', TLS)));
  assert.deepEqual(Object.keys(readPemFiles('temporal.tls', { ca: file('ca.pem'), cert: null, key: null }) ?? {}), [
    'ca',
  ]);
});

test('a file that cannot be read is refused with its key and path', () => {
  const files = { ca: file('ca.pem'), cert: join(dir, 'absent.pem'), key: file('key.pem') };
  assert.throws(
    () => readPemFiles('tls', files),
    /CONFIG_INVALID: tls\.cert is .*absent\.pem, which cannot be read \(ENOENT/,
  );
});

test('a file that is no certificate or no key is refused with its own key, whoever it belongs to', () => {
  const garbage = join(dir, 'garbage.pem');
  writeFileSync(garbage, 'y');
  const good = { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') };
  for (const [name, what] of [
    ['ca', 'certificate'],
    ['cert', 'certificate'],
    ['key', 'private key'],
  ] as const) {
    for (const section of ['tls', 'temporal.tls'])
      assert.throws(
        () => readPemFiles(section, { ...good, [name]: garbage }),
        new RegExp(`CONFIG_INVALID: ${section}\\.${name} is .*garbage\\.pem, which holds no ${what} in PEM`),
      );
  }
});

test('a key that belongs to another certificate is refused with both files', () => {
  const files = { ca: file('ca.pem'), cert: file('cert.pem'), key: fileURLToPath(new URL('stranger.key', TLS)) };
  assert.throws(
    () => readPemFiles('tls', files),
    /CONFIG_INVALID: tls\.key is .*stranger\.key, which is not the key of tls\.cert, .*cert\.pem/,
  );
});
