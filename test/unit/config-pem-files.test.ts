import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readPemFiles } from '../../services/config/index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lsweep-pem-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string): string => {
  writeFileSync(join(dir, name), `content of ${name}`);
  return join(dir, name);
};

test('the named files are read, and those that are not named are left out', () => {
  assert.equal(readPemFiles('tls', null), undefined);
  const all = readPemFiles('tls', { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') });
  assert.equal(all?.key.toString(), 'content of key.pem');
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
