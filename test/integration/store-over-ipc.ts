// A MemoryStore of the test's process behind the IPC channel of a child, so that an orchestrator can be killed while its store lives on.

import type { ChildProcess } from 'node:child_process';
import type { OrchestratorStore } from '../../services/store/types.ts';
import { ERRORS, type ErrorCode, LatentSweepError } from '../../workflows/domain/errors.ts';

interface Call {
  readonly call: number;
  readonly method: string;
  readonly args: readonly unknown[];
}
interface Answer {
  readonly call: number;
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

const isCall = (message: unknown): message is Call =>
  typeof message === 'object' && message !== null && 'method' in message;
const isAnswer = (message: unknown): message is Answer =>
  typeof message === 'object' && message !== null && 'call' in message;

/** The test's side. The child must be forked with `serialization: 'advanced'`. */
export function serveStore(store: OrchestratorStore, child: ChildProcess): void {
  child.on('message', (message: unknown) => {
    if (!isCall(message)) return;
    const { call, method, args } = message;
    const answer = (one: Answer): void => {
      if (child.connected) child.send(one);
    };
    const work = (store as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>)[method];
    if (work === undefined) throw new Error(`the store has no ${method}`);
    work.apply(store, [...args]).then(
      (value) => answer({ call, value }),
      (error: unknown) =>
        answer({
          call,
          error: { code: error instanceof LatentSweepError ? error.code : 'INTERNAL', message: String(error) },
        }),
    );
  });
}

/** The child's side. */
export function storeOfParent(): OrchestratorStore {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let calls = 0;
  process.on('message', (message: unknown) => {
    if (!isAnswer(message)) return;
    const one = waiting.get(message.call);
    waiting.delete(message.call);
    if (message.error === undefined) one?.resolve(message.value);
    else {
      const { code } = message.error;
      one?.reject(
        new LatentSweepError(Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'INTERNAL', message.error.message),
      );
    }
  });
  const ask = (method: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve, reject });
      process.send?.({ call: calls, method, args } satisfies Call);
    });
  return new Proxy({} as OrchestratorStore, {
    get: (_target, method) => {
      // news does not travel; waiters check by themselves
      if (method === 'listenPhases') {
        return (signal: AbortSignal) =>
          new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      }
      return (...args: readonly unknown[]) => ask(String(method), args);
    },
  });
}
