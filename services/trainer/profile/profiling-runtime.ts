// A runtime whose sessions each write ONNX Runtime's own profile, and that remembers which graph every session runs.

import { join } from 'node:path';
import type { Node } from '../../tensor/graph/index.ts';
import { emittedFrom, reachable } from '../../tensor/onnx/index.ts';
import { Runtime, type RuntimeOptions, type Session } from '../../tensor/runtime/index.ts';

export interface ProfiledSession {
  /** Of the emitted graph: `norm`, `update`, `<system>.<purpose>`. */
  readonly name: string;
  /** In the order of ONNX Runtime's node indices. */
  readonly nodes: readonly Node[];
  /** Its profile is the file that begins with this, once the session is released. */
  readonly filePrefix: string;
  /** Monotonic time of its profile's zero, ms; exact to the call that opens it. */
  readonly zeroMs: number;
}

export class ProfilingRuntime extends Runtime {
  readonly sessions: ProfiledSession[] = [];
  readonly #folder: string;

  constructor(options: RuntimeOptions, folder: string) {
    super(options);
    this.#folder = folder;
  }

  override createSession(model: Uint8Array): Session {
    const filePrefix = `session-${this.sessions.length}`;
    const emitted = emittedFrom(model);
    const used = emitted === null ? null : reachable(emitted.graph).nodes;
    this.sessions.push({
      name: emitted?.name ?? '',
      nodes: emitted?.graph.nodes.filter((node) => used?.has(node)) ?? [],
      filePrefix: `${filePrefix}_`,
      zeroMs: performance.now(),
    });
    return super.createSession(model, { profilePrefix: join(this.#folder, filePrefix) });
  }
}
