import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClientError, Status } from 'nice-grpc-common';
import { RichClientError } from 'nice-grpc-error-details';
import { fromStatus, toStatus } from '../../services/rpc/error-status.ts';
import { ERRORS, type ErrorCode, LatentSweepError } from '../../workflows/domain/errors.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];

test('every code, sentence and detail survives the way through a status', () => {
  const value = fc.oneof(
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const details = fc.dictionary(fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,20}$/), value);
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.string(), details, (code, sentence, values) => {
      const sent = new LatentSweepError(code, sentence, values);
      const status = toStatus(sent);
      const received = fromStatus(new RichClientError('/a.B/C', status.code, status.details, status.extra), 'peer:1');
      assert.equal(received.code, code);
      assert.equal(received.message, sent.message);
      // minus zero has no JSON
      assert.deepEqual(JSON.stringify(received.details), JSON.stringify(sent.details));
    }),
  );
});

test('the status is the one that the registry of codes names', () => {
  assert.equal(toStatus(new LatentSweepError('FENCED', 'x')).code, Status.ABORTED);
  assert.equal(toStatus(new LatentSweepError('OUT_OF_MEMORY', 'x')).code, Status.RESOURCE_EXHAUSTED);
  for (const code of codes)
    assert.equal(Status[toStatus(new LatentSweepError(code, 'x')).code], ERRORS[code].grpcStatus);
});

test('a status without our details is a lost node, with the peer, the method and the status in the sentence', () => {
  const lost = fromStatus(new ClientError('/a.B/C', Status.UNAVAILABLE, 'Connection dropped'), '10.0.0.7:1');
  assert.equal(lost.code, 'NODE_LOST');
  assert.match(lost.message, /10\.0\.0\.7:1.*\/a\.B\/C.*UNAVAILABLE: Connection dropped/);
  const late = fromStatus(new ClientError('/a.B/C', Status.DEADLINE_EXCEEDED, 'too late'), 'x:1');
  assert.equal(late.code, 'NODE_LOST');
});

test('a peer of another version is told apart from a lost one', () => {
  assert.equal(fromStatus(new ClientError('/a.B/C', Status.UNIMPLEMENTED, 'no method'), 'x:1').code, 'INTERNAL');
});

test('a failed TLS handshake names the keys to look at', () => {
  const error = fromStatus(new ClientError('/a.B/C', Status.UNAVAILABLE, 'SSL alert number 116'), 'x:1');
  assert.match(error.message, /check ca, cert and key/);
});
