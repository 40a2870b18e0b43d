// Every class of error of every library, thrown at the edge where processes end: a code of the registry, a sentence, advice, an exit code,
// and never a stack.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { status as grpcStatus, Metadata } from '@grpc/grpc-js';
import {
  QueryNotRegisteredError,
  QueryRejectedError,
  ServiceError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  NamespaceNotFoundError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { TransportError } from '@temporalio/worker';
import { ClientError, Status } from 'nice-grpc-common';
import pg from 'pg';
import { parse } from 'yaml';
import { z } from 'zod';
import { type ExitCode, reportError } from '../../services/edge/index.ts';
import { asTemporalError } from '../../services/orchestrator/temporal-errors.ts';
import { callError } from '../../services/rpc/index.ts';
import { postgresError } from '../../services/store/index.ts';
import { ERRORS, type ErrorCode, LatentSweepError } from '../../workflows/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'lsweep-edge-'));
after(() => rmSync(folder, { recursive: true }));

const interpreters = [(error: Error) => asTemporalError(error, 'temporal:7233'), postgresError, callError];
const tell = (error: unknown, more: { readonly json?: boolean; readonly debug?: boolean } = {}) =>
  reportError(error, { json: false, debug: false, stateDir: folder, interpreters, ...more });

function ofStatus(code: number, details: string): Error {
  const cause = Object.assign(new Error(`${code} ${grpcStatus[code]}: ${details}`), {
    code,
    details,
    metadata: new Metadata(),
  });
  return new ServiceError('Failed to query Workflow', { cause });
}
const system = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`${code}: the system's words`), { code, errno: -1, ...more });
function sqlState(code: string, message: string): Error {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code, severity: 'ERROR' });
}
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}
function nested(depth: number): number {
  return 1 + nested(depth + 1);
}

const CASES: readonly (readonly [string, unknown, ErrorCode, ExitCode, RegExp])[] = [
  // Temporal's client and worker
  ...(
    [
      [1, 'TEMPORAL_UNREACHABLE', 3],
      [2, 'TEMPORAL_UNREACHABLE', 3],
      [3, 'CONFIG_INVALID', 2],
      [4, 'TEMPORAL_UNREACHABLE', 3],
      [5, 'CONFIG_INVALID', 2],
      [6, 'TEMPORAL_UNREACHABLE', 3],
      [7, 'CONFIG_INVALID', 2],
      [8, 'TEMPORAL_UNREACHABLE', 3],
      [9, 'TEMPORAL_UNREACHABLE', 3],
      [10, 'TEMPORAL_UNREACHABLE', 3],
      [11, 'CONFIG_INVALID', 2],
      [12, 'CONFIG_INVALID', 2],
      [13, 'TEMPORAL_UNREACHABLE', 3],
      [14, 'TEMPORAL_UNREACHABLE', 3],
      [15, 'CONFIG_INVALID', 2],
      [16, 'CONFIG_INVALID', 2],
    ] as const
  ).map(
    ([status, code, exitCode]) =>
      [
        `ServiceError with ${grpcStatus[status]}`,
        ofStatus(status, 'words of the server'),
        code,
        exitCode,
        /temporal:7233.*words of the server/,
      ] as const,
  ),
  [
    'an update that starts a workflow',
    ofStatus(9, 'Update-with-Start could not be executed'),
    'TEMPORAL_UNREACHABLE',
    3,
    /Update-with-Start could not be executed/,
  ],
  ['WorkflowNotFoundError', new WorkflowNotFoundError('not here', 'sweep/s', undefined), 'NOT_FOUND', 1, /not here/],
  [
    'WorkflowUpdateFailedError with a code',
    new WorkflowUpdateFailedError(
      'Workflow Update failed',
      ApplicationFailure.nonRetryable('CONFLICT: no', 'CONFLICT'),
    ),
    'CONFLICT',
    1,
    /^CONFLICT: no$/m,
  ],
  [
    'WorkflowUpdateFailedError without one',
    new WorkflowUpdateFailedError('Workflow Update failed', new Error('of the workflow')),
    'INTERNAL',
    1,
    /of the workflow/,
  ],
  [
    'WorkflowFailedError',
    new WorkflowFailedError('Workflow execution failed', new Error('why'), 'MAXIMUM_ATTEMPTS_REACHED'),
    'INTERNAL',
    1,
    /why/,
  ],
  [
    'WorkflowUpdateRPCTimeoutOrCancelledError',
    new WorkflowUpdateRPCTimeoutOrCancelledError('Workflow update call timeout or cancelled'),
    'TEMPORAL_UNREACHABLE',
    3,
    /not answered in time/,
  ],
  [
    'QueryNotRegisteredError',
    new QueryNotRegisteredError('no such query', 3),
    'TEMPORAL_UNREACHABLE',
    3,
    /no such query/,
  ],
  ['QueryRejectedError', new QueryRejectedError(2), 'TEMPORAL_UNREACHABLE', 3, /Query rejected/],
  [
    'WorkflowExecutionAlreadyStartedError',
    new WorkflowExecutionAlreadyStartedError('already', 'sweep/s', 'sweep'),
    'TEMPORAL_UNREACHABLE',
    3,
    /another command/,
  ],
  ['NamespaceNotFoundError', new NamespaceNotFoundError('lsweep'), 'CONFIG_INVALID', 2, /temporal\.namespace/],
  ['TransportError of the worker', new TransportError('tcp connect error'), 'TEMPORAL_UNREACHABLE', 3, /tcp connect/],
  [
    'a connection that never came to be',
    new Error('Failed to connect before the deadline'),
    'TEMPORAL_UNREACHABLE',
    3,
    /temporal:7233/,
  ],
  // Postgres and its driver
  ['an undefined table', sqlState('42P01', 'relation "x" does not exist'), 'STORE_FAILED', 1, /42P01.*relation "x"/],
  ['a broken constraint', sqlState('23505', 'duplicate key'), 'STORE_FAILED', 1, /duplicate key/],
  ['too many connections', sqlState('53300', 'too many clients'), 'STORE_UNREACHABLE', 3, /53300/],
  ['a shutdown', sqlState('57P01', 'terminating connection'), 'STORE_UNREACHABLE', 3, /57P01/],
  [
    'a wrong password',
    sqlState('28P01', 'password authentication failed'),
    'CONFIG_INVALID',
    2,
    /password authentication/,
  ],
  ['no such database', sqlState('3D000', 'database "x" does not exist'), 'CONFIG_INVALID', 2, /database "x"/],
  ['the end of a connection', new Error('Connection terminated unexpectedly'), 'STORE_UNREACHABLE', 3, /Connection/],
  ['a connection in vain', new Error('timeout expired'), 'STORE_UNREACHABLE', 3, /timeout expired/],
  ['a full pool', new Error('timeout exceeded when trying to connect'), 'STORE_UNREACHABLE', 3, /timeout exceeded/],
  ['a query in vain', new Error('Query read timeout'), 'STORE_UNREACHABLE', 3, /Query read timeout/],
  ['a closed client', new Error('Client was closed and is not queryable'), 'STORE_UNREACHABLE', 3, /not queryable/],
  // gRPC between nodes
  ['UNAVAILABLE', new ClientError('/w/Run', Status.UNAVAILABLE, 'no connection'), 'NODE_LOST', 1, /no connection/],
  ['UNIMPLEMENTED', new ClientError('/w/Run', Status.UNIMPLEMENTED, 'no method'), 'INTERNAL', 1, /same version/],
  // the system
  ['another user', system('EACCES', { syscall: 'open', path: '/a/b' }), 'FILE_UNUSABLE', 1, /\/a\/b.*no right/],
  ['EPERM', system('EPERM', { syscall: 'chmod', path: '/a/b' }), 'FILE_UNUSABLE', 1, /no right/],
  ['EROFS', system('EROFS', { syscall: 'mkdir', path: '/a/b' }), 'FILE_UNUSABLE', 1, /read-only/],
  ['ENOENT', system('ENOENT', { syscall: 'open', path: '/a/b' }), 'FILE_UNUSABLE', 1, /\/a\/b.*does not exist/],
  ['EISDIR', system('EISDIR', { syscall: 'read' }), 'FILE_UNUSABLE', 1, /it is a folder/],
  ['ENOTDIR', system('ENOTDIR', { syscall: 'open', path: '/a/b' }), 'FILE_UNUSABLE', 1, /no folder/],
  ['ENAMETOOLONG', system('ENAMETOOLONG', { syscall: 'open', path: '/a' }), 'FILE_UNUSABLE', 1, /too long/],
  ['EEXIST', system('EEXIST', { syscall: 'mkdir', path: '/a' }), 'FILE_UNUSABLE', 1, /exists already/],
  ['EIO', system('EIO', { syscall: 'read' }), 'FILE_UNUSABLE', 1, /disk reports an error/],
  ['a full disk', system('ENOSPC', { syscall: 'write', path: '/a/b' }), 'DISK_FULL', 1, /no space left for \/a\/b/],
  ['a full quota', system('EDQUOT', { syscall: 'write' }), 'DISK_FULL', 1, /no space left/],
  ['EMFILE', system('EMFILE', { syscall: 'open', path: '/a' }), 'LIMIT_REACHED', 1, /too many open files/],
  ['ENFILE', system('ENFILE', { syscall: 'open' }), 'LIMIT_REACHED', 1, /too many open files/],
  ['no process', system('EAGAIN', { syscall: 'spawn node' }), 'LIMIT_REACHED', 1, /no further process/],
  ['ENOMEM', system('ENOMEM', { syscall: 'spawn' }), 'LIMIT_REACHED', 1, /no memory/],
  [
    'nobody listens',
    system('ECONNREFUSED', { address: '10.0.0.1', port: 5432 }),
    'PEER_UNREACHABLE',
    3,
    /10\.0\.0\.1:5432: nothing listens/,
  ],
  ['ENOTFOUND', system('ENOTFOUND', { hostname: 'nowhere' }), 'PEER_UNREACHABLE', 3, /nowhere: no machine/],
  ['ECONNRESET', system('ECONNRESET', { syscall: 'read' }), 'PEER_UNREACHABLE', 3, /cut the connection/],
  ['ETIMEDOUT', system('ETIMEDOUT', { address: '10.0.0.1' }), 'PEER_UNREACHABLE', 3, /in time/],
  ['EPIPE', system('EPIPE', { syscall: 'write' }), 'PEER_UNREACHABLE', 3, /cut the connection/],
  [
    'EADDRINUSE',
    system('EADDRINUSE', { address: '127.0.0.1', port: 80, syscall: 'listen' }),
    'CONFIG_INVALID',
    2,
    /127\.0\.0\.1:80: another process/,
  ],
  [
    'a low port',
    system('EACCES', { address: '::', port: 80, syscall: 'listen' }),
    'CONFIG_INVALID',
    2,
    /may not listen/,
  ],
  ['a foreign certificate', system('SELF_SIGNED_CERT_IN_CHAIN'), 'CONFIG_INVALID', 2, /tls: .*PEM/],
  ['garbage for PEM', system('ERR_OSSL_PEM_NO_START_LINE'), 'CONFIG_INVALID', 2, /tls: .*PEM/],
  ['a missing package', system('ERR_MODULE_NOT_FOUND'), 'RUNTIME_VERSION', 1, /cannot be loaded/],
  ['a library of another machine', system('ERR_DLOPEN_FAILED'), 'RUNTIME_VERSION', 1, /cannot be loaded/],
  // the language and parsers
  ['a bad URL', thrownBy(() => new URL('postgres://u:secret@h:notaport/d')), 'CONFIG_INVALID', 2, /not a valid URL/],
  ['a % in a URL', thrownBy(() => decodeURIComponent('100%')), 'CONFIG_INVALID', 2, /%25/],
  ['a bad port', system('ERR_SOCKET_BAD_PORT'), 'CONFIG_INVALID', 2, /0 to 65535/],
  ['YAML', thrownBy(() => parse('a: [1')), 'INPUT_INVALID', 2, /a YAML file: /],
  ['a YAML alias', thrownBy(() => parse('a: *b')), 'INPUT_INVALID', 2, /a YAML file: .*alias/],
  ['JSON', thrownBy(() => JSON.parse('{"a":')), 'INPUT_INVALID', 2, /not JSON/],
  [
    'zod',
    thrownBy(() => z.object({ a: z.number() }).parse({ a: 'x' })),
    'SCHEMA_MISMATCH',
    1,
    /a: Invalid input: expected number/,
  ],
  ['an array without end', thrownBy(() => new Uint8Array(-1)), 'LIMIT_REACHED', 1, /too large/],
  ['a string without end', thrownBy(() => 'x'.repeat(2 ** 30)), 'LIMIT_REACHED', 1, /too large/],
  ['a depth without end', thrownBy(() => nested(0)), 'LIMIT_REACHED', 1, /too deeply/],
  // ONNX Runtime
  [
    'a step that ONNX Runtime refuses',
    new Error('Non-zero status code returned while running MatMul node'),
    'RUNTIME_FAILED',
    1,
    /MatMul/,
  ],
  [
    'ONNX Runtime without memory',
    new Error('onnxruntime::BFCArena Failed to allocate memory for requested buffer of size 1'),
    'OUT_OF_MEMORY',
    1,
    /Failed to allocate/,
  ],
  // several in one, and what nobody foresaw
  [
    'AggregateError',
    new AggregateError([system('ECONNREFUSED', { address: '::1', port: 1 }), system('ECONNREFUSED')], ''),
    'PEER_UNREACHABLE',
    3,
    /::1:1/,
  ],
  ['a cause', new Error('outer', { cause: system('ENOSPC') }), 'DISK_FULL', 1, /no space/],
  ['a known one inside', new Error('o', { cause: new LatentSweepError('FENCED', 'by 2') }), 'FENCED', 1, /by 2/],
  ['a defect', new TypeError("Cannot read properties of undefined (reading 'x')"), 'INTERNAL', 1, /unforeseen.*'x'/],
  ['another RangeError', thrownBy(() => (1).toFixed(101)), 'INTERNAL', 1, /unforeseen/],
  ['a thrown text', 'words', 'INTERNAL', 1, /unforeseen error: words/],
  ['nothing', undefined, 'INTERNAL', 1, /unforeseen/],
];

for (const [name, thrown, code, exitCode, words] of CASES) {
  test(`${name}: a sentence, advice and an exit code`, async () => {
    const told = await tell(thrown);
    assert.equal(told.error.code, code, told.text);
    assert.equal(told.exitCode, exitCode);
    assert.match(told.text, words);
    assert.match(told.text, new RegExp(`^${code}: `));
    assert.ok(told.text.includes(`\n${ERRORS[code].advice}`));
    assert.doesNotMatch(told.text, /^\s+at |node_modules|secret/m);
    const json = JSON.parse((await tell(thrown, { json: true })).text) as { readonly error: { readonly code: string } };
    assert.equal(json.error.code, code);
  });
}

test('a circle of causes ends', async () => {
  const first = new Error('first');
  first.cause = new Error('second', { cause: first });
  assert.match((await tell(first)).text, /INTERNAL: an unforeseen error: first/);
});

test('the stack of a defect goes to a file of the state folder, which is named', async () => {
  const { text } = await tell(new TypeError('of a callback'));
  const file = /^Details: (.*)$/m.exec(text)?.[1] ?? '';
  assert.equal(dirname(file), join(folder, 'errors'));
  assert.match(readFileSync(file, 'utf8'), /TypeError: of a callback\n\s+at /);
});

test('details go elsewhere where the state folder cannot be written', async () => {
  const occupied = join(folder, 'a-file');
  writeFileSync(occupied, '');
  const { text } = await reportError(new Error('x'), { json: false, debug: false, stateDir: occupied, interpreters });
  const file = /^Details: (.*)$/m.exec(text)?.[1] ?? '';
  assert.ok(file.startsWith(tmpdir()) && !file.startsWith(folder), file);
  rmSync(file);
});

test('debugging shows the stack of any error, and only then', async () => {
  const error = new LatentSweepError('NOT_FOUND', 'no sweep is named s');
  assert.match((await tell(error, { debug: true })).text, /\n\s+at /);
  assert.equal((await tell(error)).text, `${error.message}\n${ERRORS.NOT_FOUND.advice}`);
});

test('control characters of an error are shown as escapes', async () => {
  const { text } = await tell(new LatentSweepError('NOT_FOUND', 'no sweep is named \u001b[31mred\u202e\u009b'));
  assert.match(text, /no sweep is named \\u001b\[31mred\\u202e\\u009b/);
});
