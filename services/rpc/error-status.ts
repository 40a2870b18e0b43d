// The project's errors as gRPC statuses and back, by the registry of codes. The code travels as the reason of google.rpc.ErrorInfo, each
// detail as JSON text in its metadata. Pure; the only place that interprets a status.

import { type ClientError, Status } from 'nice-grpc-common';
import { ErrorInfo, RichClientError, RichServerError } from 'nice-grpc-error-details';
import { ERRORS, type ErrorCode, type ErrorDetails, LatentSweepError } from '../../workflows/domain/errors.ts';

/** Scope of the reasons, as google.rpc.ErrorInfo wants it. */
const DOMAIN = 'latent-sweep';

export function toStatus(error: LatentSweepError): RichServerError {
  const metadata = Object.fromEntries(
    Object.entries(error.details).map(([key, value]) => [key, JSON.stringify(value)]),
  );
  const info = ErrorInfo.fromPartial({ reason: error.code, domain: DOMAIN, metadata });
  return new RichServerError(Status[ERRORS[error.code].grpcStatus], error.sentence, [info]);
}

/** @param peer address of the other side, for the sentence */
export function fromStatus(error: ClientError, peer: string): LatentSweepError {
  const known = error instanceof RichClientError ? ofErrorInfo(error) : null;
  if (known !== null) return known;
  const status = Status[error.code];
  const details: ErrorDetails = { address: peer, status };
  switch (error.code) {
    case Status.UNIMPLEMENTED:
    case Status.INVALID_ARGUMENT:
      return new LatentSweepError(
        'INTERNAL',
        `${peer} does not understand ${error.path} (${status}: ${error.details}); both sides must have the same version`,
        details,
        error,
      );
    case Status.UNAUTHENTICATED:
    case Status.PERMISSION_DENIED:
      return new LatentSweepError(
        error.code === Status.UNAUTHENTICATED ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED',
        `${peer} refuses ${error.path}: ${error.details}`,
        details,
        error,
      );
    default:
      return new LatentSweepError(
        'NODE_LOST',
        `${peer} did not answer ${error.path} (${status}: ${error.details})${hint(error.details)}`,
        details,
        error,
      );
  }
}

function ofErrorInfo(error: RichClientError): LatentSweepError | null {
  for (const info of error.extra) {
    if (info.$type !== ErrorInfo.$type || info.domain !== DOMAIN || !isErrorCode(info.reason)) continue;
    const entries = Object.entries(info.metadata).map(([key, json]) => [key, detailOf(json)] as const);
    return new LatentSweepError(info.reason, error.details, Object.fromEntries(entries), error);
  }
  return null;
}

/** A missing or foreign client certificate shows only in the text of the connection's end (docs/design/temporal.md section 9.2). */
function hint(text: string): string {
  return /SSL|certificate|TLS/i.test(text) ? '; check ca, cert and key of both sides' : '';
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

function detailOf(json: string): string | number | boolean | null {
  const value: unknown = JSON.parse(json);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
