import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkedAddress, formatAddress, isLoopback, parseAddress } from '../../services/rpc/address.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

test('an address is what it was after parsing and formatting', () => {
  const host = fc
    .oneof(fc.ipV4(), fc.ipV6(), fc.domain())
    .filter((one) => !one.includes('.') || /^[\w.:-]+$/.test(one));
  fc.assert(
    fc.property(
      host.filter((one) => /^[\w.-]+$|^[0-9a-fA-F:]+$/.test(one)),
      fc.integer({ min: 0, max: 65_535 }),
      (name, port) => {
        const text = formatAddress({ host: name, port });
        assert.deepEqual(parseAddress(text, 'key'), { host: name, port });
      },
    ),
  );
});

test('what is not host:port is refused with the key, the value and what is allowed', () => {
  for (const bad of ['', 'host', 'host:', ':1', 'host:99999', 'http://host:1', '::1:1', 'a b:1', 'host:1x']) {
    assert.throws(
      () => parseAddress(bad, 'worker.listen'),
      (error: unknown) =>
        error instanceof LatentSweepError &&
        error.code === 'CONFIG_INVALID' &&
        error.message.includes(`worker.listen is "${bad}"`) &&
        error.message.includes('allowed is host:port'),
      bad,
    );
  }
});

test('only addresses of this machine do without TLS', () => {
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '10.0.0.1', '::', 'example.org', '127.evil.org']) assert.ok(!isLoopback(host), host);
  assert.throws(
    () => checkedAddress('0.0.0.0:7', {}, 'worker.listen'),
    /CONFIG_INVALID: worker\.listen is "0\.0\.0\.0:7" without TLS/,
  );
  assert.equal(checkedAddress('0.0.0.0:7', { insecure: true }, 'worker.listen').port, 7);
  const tls = { ca: Buffer.of(), cert: Buffer.of(), key: Buffer.of() };
  assert.equal(checkedAddress('0.0.0.0:7', { tls }, 'worker.listen').port, 7);
});
