// Who may call: without mutual TLS whoever sends the stack's secret, for other users of the machine reach its loopback too; with it, where
// the server names hosts, whoever has a certificate for one of them. Every call is checked, health included, before its message is read.

import { createHash, timingSafeEqual } from 'node:crypto';
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';
import {
  type Metadata as GrpcMetadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';
import { type ClientMiddleware, Metadata } from 'nice-grpc-common';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { parseAddress } from './address.ts';
import type { RpcOptions, ServeOptions, TlsOptions } from './options.ts';

const HEADER = 'authorization';
const SCHEME = 'Bearer ';
/** Who calls in vain may do so for ever; the log need not hear each time. */
const TELL_EVERY_MS = 60_000;

/** @throws LatentSweepError CONFIG_INVALID for a connection that neither certificates nor a secret protect */
export function requireProtection({ tls, secret }: RpcOptions): void {
  if (tls !== undefined) checkTls(tls);
  if (tls !== undefined || secret !== undefined) return;
  throw new LatentSweepError(
    'CONFIG_INVALID',
    'secretFile is not set and neither is tls; calls between orchestrators and nodes need one of them, the same on both sides',
    { key: 'secretFile' },
  );
}

/** Before a socket is opened, whose errors would be read as those of its address. */
function checkTls({ ca, cert, key }: TlsOptions): void {
  try {
    createSecureContext({ ca, cert, key });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `tls.cert and tls.key, with tls.ca, are no certificate and key that belong together (${words})`,
      { key: 'tls.cert' },
      error,
    );
  }
}

/** Client middleware. */
export function sendSecret(secret: string): ClientMiddleware {
  return async function* (call, options) {
    const metadata = new Metadata(options.metadata).set(HEADER, `${SCHEME}${secret}`);
    return yield* call.next(call.request, { ...options, metadata });
  };
}

/** @returns null when everybody may call whom the transport lets in */
export function accessControl(options: ServeOptions): ServerInterceptor | null {
  const { secret, onRefused } = options;
  const callers = options.callers?.map((address) => parseAddress(address, 'worker.registries').host);
  const expected = secret === undefined ? null : hashOf(`${SCHEME}${secret}`);
  if (expected === null && callers === undefined) return null;
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  return (method, call) => {
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const refusal =
          (expected === null ? null : refusalOfSecret(expected, metadata)) ??
          (callers === undefined ? null : refusalOfCertificate(callers, call.getAuthContext().sslPeerCertificate));
        if (refusal === null) {
          next(metadata);
          return;
        }
        call.sendStatus(refusal);
        const nowMs = performance.now();
        if (nowMs < quietUntilMs) return;
        quietUntilMs = nowMs + TELL_EVERY_MS;
        onRefused?.({ path: method.path, peer: call.getPeer(), reason: refusal.details });
      })
      .build();
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
  };
}

interface Refusal {
  readonly code: status;
  readonly details: string;
}

function refusalOfSecret(expected: Buffer, metadata: GrpcMetadata): Refusal | null {
  const [sent] = metadata.get(HEADER);
  if (sent === undefined) return { code: status.UNAUTHENTICATED, details: 'the call carries no secret' };
  // equally long whatever was sent, so that the time of the comparison tells nothing
  return timingSafeEqual(hashOf(String(sent)), expected)
    ? null
    : { code: status.UNAUTHENTICATED, details: 'the call carries another secret' };
}

function refusalOfCertificate(callers: readonly string[], certificate: PeerCertificate | undefined): Refusal | null {
  if (certificate !== undefined && callers.some((host) => checkServerIdentity(host, certificate) === undefined))
    return null;
  return {
    code: status.PERMISSION_DENIED,
    details: `the caller's certificate (${certificate?.subjectaltname ?? 'none'}) is for none of ${callers.join(', ')}`,
  };
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
