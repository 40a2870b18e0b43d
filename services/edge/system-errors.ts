// Errors of the operating system and of Node's own modules, by their codes, in the project's words. Structural: it loads no library.
// Codes: errno(3) and https://nodejs.org/api/errors.html. Never shows the input of a refused URL: it may hold a password.

import { isDiskFull } from '../../workflows/domain/disk-full.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

type CodedError = Error & {
  readonly code: string;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly dest?: unknown;
  readonly address?: unknown;
  readonly hostname?: unknown;
  readonly port?: unknown;
};

const FILE: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to it; it may belong to another user',
  EPERM: 'this user has no right to it; it may belong to another user',
  EROFS: 'its file system is read-only',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of it is no folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'the folder is not empty',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  EIO: 'the disk reports an error',
  EBUSY: 'it is in use',
  ETXTBSY: 'it is in use',
  EXDEV: 'it lies on another file system',
  ESTALE: 'its network file system was mounted anew',
};
const LIMITS: Readonly<Record<string, string>> = {
  EMFILE: 'this process has too many open files',
  ENFILE: 'this machine has too many open files',
  EAGAIN: 'this machine gives no further process or thread',
  ENOMEM: 'this machine has no memory left',
  ERR_WORKER_OUT_OF_MEMORY: 'a thread has no memory left',
  E2BIG: 'a command line is too long',
};
const PEER: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it cut the connection',
  ECONNABORTED: 'the connection was cut',
  EPIPE: 'it cut the connection',
  ETIMEDOUT: 'it does not answer in time',
  ENOTFOUND: 'no machine has that name',
  EAI_AGAIN: 'the name service does not answer',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ENETDOWN: 'the network is down',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
  UND_ERR_SOCKET: 'it cut the connection',
};
const LISTEN: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
};
/** Of Node's TLS: what the other side's certificate, or the own files, lack. */
const CERTIFICATE = /^(ERR_OSSL_|ERR_SSL_|ERR_TLS_|ERR_CRYPTO_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
const MISSING_PACKAGE = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED']);

/** @returns null when the error has no code that is known here */
export function asSystemError(error: unknown): LatentSweepError | null {
  if (!isCoded(error)) return null;
  const { code } = error;
  const details = { errno: code };
  if (isDiskFull(error)) {
    return new LatentSweepError('DISK_FULL', `no space left for ${pathOf(error)} (${code})`, details, error);
  }
  const limit = LIMITS[code];
  if (limit !== undefined) {
    return new LatentSweepError('LIMIT_REACHED', `${limit} (${code})${pathNote(error)}`, details, error);
  }
  const listen = code === 'EACCES' && error.syscall === 'listen' ? 'this user may not listen there' : LISTEN[code];
  if (listen !== undefined) {
    return new LatentSweepError('CONFIG_INVALID', `the address ${peerOf(error)}: ${listen} (${code})`, details, error);
  }
  const peer = PEER[code];
  if (peer !== undefined) {
    return new LatentSweepError('PEER_UNREACHABLE', `${peerOf(error)}: ${peer} (${code})`, details, error);
  }
  const file = FILE[code];
  if (file !== undefined) {
    return new LatentSweepError('FILE_UNUSABLE', `${pathOf(error)} cannot be used: ${file} (${code})`, details, error);
  }
  return asNodeError(error);
}

function asNodeError(error: CodedError): LatentSweepError | null {
  const { code } = error;
  const details = { errno: code };
  if (code === 'ERR_INVALID_URL') {
    const sentence = 'an address is not a valid URL; its port must be a number, and a % in it must be written %25';
    return new LatentSweepError('CONFIG_INVALID', sentence, details, error);
  }
  if (code === 'ERR_SOCKET_BAD_PORT') {
    return new LatentSweepError('CONFIG_INVALID', 'a port is not a number from 0 to 65535', details, error);
  }
  if (code.startsWith('ERR_PARSE_ARGS_')) return new LatentSweepError('INPUT_INVALID', error.message, details, error);
  if (MISSING_PACKAGE.has(code)) {
    const sentence = `a package or library cannot be loaded: ${firstLine(error.message)}`;
    return new LatentSweepError('RUNTIME_VERSION', sentence, details, error);
  }
  if (CERTIFICATE.test(code)) {
    const sentence = `tls: a certificate or key does not fit (${code}: ${firstLine(error.message)}); ca, cert and key must be PEM files of one authority`;
    return new LatentSweepError('CONFIG_INVALID', sentence, details, error);
  }
  return null;
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function pathOf({ path, dest, syscall }: CodedError): string {
  if (typeof path !== 'string')
    return typeof syscall === 'string' && syscall.startsWith('write') ? 'what is written' : 'a file';
  return typeof dest === 'string' ? `${path} -> ${dest}` : path;
}

function pathNote({ path }: CodedError): string {
  return typeof path === 'string' ? `, needed for ${path}` : '';
}

function peerOf({ address, hostname, port }: CodedError): string {
  const host = typeof address === 'string' ? address : typeof hostname === 'string' ? hostname : null;
  if (host === null) return 'the other side of a connection';
  return typeof port === 'number' ? `${host}:${port}` : host;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
