// One registry of stable error codes: retry class, gRPC status and what to do (docs/design/architecture.md section 5, docs/design/style.md
// section 5). A code without an entry does not compile. Foreign errors are turned into these at the one edge where they enter.

/** The taxonomy stored on every attempt (docs/design/architecture.md section 5). */
export const ATTEMPT_FAILURES = [
  'code_error',
  'bad_config',
  'out_of_memory',
  'nan_loss',
  'node_lost',
  'preempted',
  'timeout',
  'cancelled',
  'worker_crash',
  'trainer_start',
  'artifact_store',
] as const;

export type AttemptFailure = (typeof ATTEMPT_FAILURES)[number];

/** Retry budget and backoff of one failure class. `countsAgainstTrial` false: never the trial's fault (a lost node). */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly countsAgainstTrial: boolean;
}

export const RETRY_POLICIES = {
  code_error: { maxAttempts: 2, initialBackoffMs: 1_000, maxBackoffMs: 10_000, countsAgainstTrial: true },
  bad_config: { maxAttempts: 1, initialBackoffMs: 0, maxBackoffMs: 0, countsAgainstTrial: true },
  // every attempt halves the microbatch: 8 lead from 128 to 1
  out_of_memory: { maxAttempts: 8, initialBackoffMs: 1_000, maxBackoffMs: 10_000, countsAgainstTrial: true },
  nan_loss: { maxAttempts: 1, initialBackoffMs: 0, maxBackoffMs: 0, countsAgainstTrial: true },
  node_lost: { maxAttempts: 1_000, initialBackoffMs: 500, maxBackoffMs: 30_000, countsAgainstTrial: false },
  preempted: { maxAttempts: 1_000, initialBackoffMs: 500, maxBackoffMs: 10_000, countsAgainstTrial: false },
  timeout: { maxAttempts: 3, initialBackoffMs: 1_000, maxBackoffMs: 30_000, countsAgainstTrial: true },
  cancelled: { maxAttempts: 1, initialBackoffMs: 0, maxBackoffMs: 0, countsAgainstTrial: false },
  worker_crash: { maxAttempts: 5, initialBackoffMs: 500, maxBackoffMs: 10_000, countsAgainstTrial: true },
  // no trainer, no training: the phase was not even begun, and its node is soon in quarantine, which forgives
  trainer_start: { maxAttempts: 100, initialBackoffMs: 5_000, maxBackoffMs: 60_000, countsAgainstTrial: false },
  // a store that is away for an hour and a half costs no trial
  artifact_store: { maxAttempts: 100, initialBackoffMs: 2_000, maxBackoffMs: 60_000, countsAgainstTrial: true },
} as const satisfies Record<AttemptFailure, RetryPolicy>;

interface ErrorClass {
  /** What an attempt that ends with this code is recorded as. */
  readonly failure: AttemptFailure;
  /** gRPC status name (docs/design/temporal.md section 9.2, "Status mapping"). */
  readonly grpcStatus:
    | 'INVALID_ARGUMENT'
    | 'FAILED_PRECONDITION'
    | 'ABORTED'
    | 'RESOURCE_EXHAUSTED'
    | 'UNAVAILABLE'
    | 'INTERNAL'
    | 'NOT_FOUND'
    | 'ALREADY_EXISTS'
    | 'CANCELLED'
    | 'DEADLINE_EXCEEDED'
    | 'UNAUTHENTICATED'
    | 'PERMISSION_DENIED';
  /** What the reader should do. */
  readonly advice: string;
}

export const ERRORS = {
  SPEC_INVALID: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Correct what is named in the sweep file or the command.',
  },
  CONFIG_INVALID: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Correct the key, flag or address that is named; lsweep config prints the configuration in force.',
  },
  INPUT_INVALID: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Correct the file or value that is named; --debug shows where it was read.',
  },
  DATA_MISSING: {
    failure: 'bad_config',
    grpcStatus: 'FAILED_PRECONDITION',
    advice: 'Put the named data file where the sweep file says, readable on every node.',
  },
  DATA_INVALID: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Correct the named line of the data file.',
  },
  WEIGHTS_INVALID: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Give weights whose tensors match the model shape by name and shape.',
  },
  TOKEN_OUT_OF_RANGE: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Use a tokenizer whose ids fit the vocabulary of the model.',
  },
  CONTEXT_EXCEEDED: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Shorten the question, lower the latent budget, or raise the context length of the model.',
  },
  NO_TARGETS: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Give every batch at least one scored target.',
  },
  SHAPE_MISMATCH: {
    failure: 'code_error',
    grpcStatus: 'INTERNAL',
    advice: 'A graph was built with shapes that do not fit; report it with both shapes.',
  },
  RUNTIME_VERSION: {
    failure: 'bad_config',
    grpcStatus: 'FAILED_PRECONDITION',
    advice: 'Install the pinned onnxruntime-node version (npm ci).',
  },
  RUNTIME_FAILED: {
    failure: 'code_error',
    grpcStatus: 'INTERNAL',
    advice: 'ONNX Runtime refused the call; its own words are in the details.',
  },
  OUT_OF_MEMORY: {
    failure: 'out_of_memory',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    advice: 'Lower train.microbatch, or use a slot with more memory.',
  },
  NAN_LOSS: {
    failure: 'nan_loss',
    grpcStatus: 'ABORTED',
    advice: 'Lower the learning rate or set train.clip; the last good checkpoint is kept.',
  },
  CHECKPOINT_DAMAGED: {
    failure: 'artifact_store',
    grpcStatus: 'INTERNAL',
    advice: 'An older checkpoint is used, or the phase that wrote it runs again; check the disk.',
  },
  ARTIFACT_STORE: {
    failure: 'artifact_store',
    grpcStatus: 'UNAVAILABLE',
    advice: 'Check space and reachability of the artifact store.',
  },
  DISK_FULL: {
    failure: 'artifact_store',
    grpcStatus: 'UNAVAILABLE',
    advice: 'Free space on the disk that is named; what was there before is intact.',
  },
  FILE_UNUSABLE: {
    failure: 'artifact_store',
    grpcStatus: 'FAILED_PRECONDITION',
    advice: 'Give this user the right to the path that is named, or name another one (--dir for the state folder).',
  },
  LIMIT_REACHED: {
    failure: 'worker_crash',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    advice: 'Make the input smaller, or raise the limit of this machine (ulimit -a shows them, free -h the memory).',
  },
  FENCED: { failure: 'preempted', grpcStatus: 'ABORTED', advice: 'A newer attempt owns the phase; nothing to do.' },
  NO_SLOT: { failure: 'node_lost', grpcStatus: 'UNAVAILABLE', advice: 'No node has a free slot; add nodes or wait.' },
  NODE_LOST: {
    failure: 'node_lost',
    grpcStatus: 'UNAVAILABLE',
    advice: 'The phase continues on another node from its last commit.',
  },
  TRAINER_CRASHED: {
    failure: 'worker_crash',
    grpcStatus: 'INTERNAL',
    advice: 'See the tail of the trainer log in the details.',
  },
  TRAINER_NOT_STARTED: {
    failure: 'trainer_start',
    grpcStatus: 'UNAVAILABLE',
    advice: 'The node could not start a trainer, which is no fault of the trial; see its output in the details.',
  },
  STOPPED: {
    failure: 'preempted',
    grpcStatus: 'CANCELLED',
    advice: 'The attempt was stopped on request; it resumes from its last commit.',
  },
  STOPPED_UNASKED: {
    failure: 'worker_crash',
    grpcStatus: 'ABORTED',
    advice: 'A node stopped an attempt that nobody asked it to stop, and stays; look at its log, and who runs it.',
  },
  LEASE_EXPIRED: {
    failure: 'node_lost',
    grpcStatus: 'DEADLINE_EXCEEDED',
    advice: 'No orchestrator renewed the lease; the phase resumes when one is back.',
  },
  STALLED: {
    failure: 'timeout',
    grpcStatus: 'DEADLINE_EXCEEDED',
    advice: 'No step was finished for too long; the trainer was ended.',
  },
  STORE_UNREACHABLE: {
    failure: 'node_lost',
    grpcStatus: 'UNAVAILABLE',
    advice: 'Check lsweep status and postgres.url; a sweep that runs is not lost.',
  },
  STORE_FAILED: {
    failure: 'code_error',
    grpcStatus: 'INTERNAL',
    advice: 'Postgres answers but refuses; if nobody changed the database by hand, report it with the details.',
  },
  TEMPORAL_UNREACHABLE: {
    failure: 'node_lost',
    grpcStatus: 'UNAVAILABLE',
    advice: 'Check lsweep status and temporal.address; a sweep that runs is not lost, and the command may be repeated.',
  },
  PEER_UNREACHABLE: {
    failure: 'node_lost',
    grpcStatus: 'UNAVAILABLE',
    advice: 'Check the address that is named and the network between; then repeat the command.',
  },
  NOT_FOUND: {
    failure: 'bad_config',
    grpcStatus: 'NOT_FOUND',
    advice: 'Check the name: lsweep ls shows the sweeps, lsweep show SWEEP its cells, lsweep status the processes.',
  },
  UNAUTHENTICATED: {
    failure: 'node_lost',
    grpcStatus: 'UNAUTHENTICATED',
    advice: 'Give both sides the same secretFile; a local stack makes its own, secret in its state folder.',
  },
  PERMISSION_DENIED: {
    failure: 'node_lost',
    grpcStatus: 'PERMISSION_DENIED',
    advice:
      'A node takes calls from certificates of the hosts in its worker.registries; name the orchestrator by such a host.',
  },
  STACK_NOT_READY: {
    failure: 'node_lost',
    grpcStatus: 'UNAVAILABLE',
    advice: 'lsweep status shows the state of each service, lsweep logs what the named ones say.',
  },
  NODE_NAME_TAKEN: {
    failure: 'bad_config',
    grpcStatus: 'ALREADY_EXISTS',
    advice:
      'Give this node a name of its own (worker.nodeId), or end the one that has the name: it is free soon after.',
  },
  EVENT_REFUSED: {
    failure: 'code_error',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'A node sent what no phase can have recorded; check that it runs this version, and who runs it.',
  },
  NOTHING_FINISHED: {
    failure: 'bad_config',
    grpcStatus: 'FAILED_PRECONDITION',
    advice: 'Wait until a cell has its result (lsweep follow); lsweep show says why cells failed.',
  },
  CONFLICT: {
    failure: 'bad_config',
    grpcStatus: 'FAILED_PRECONDITION',
    advice: 'Nothing was changed: what is named exists, is in use or is closed.',
  },
  ROWS_REFERENCED: {
    failure: 'bad_config',
    grpcStatus: 'FAILED_PRECONDITION',
    advice:
      'Delete those rows of the named table, or let its foreign key say `on delete cascade`; then delete the sweep.',
  },
  VIEWS_REFERENCED: {
    failure: 'bad_config',
    grpcStatus: 'FAILED_PRECONDITION',
    advice: 'Drop what is named, start again, and create it anew on the new view.',
  },
  SCHEMA_MISMATCH: {
    failure: 'bad_config',
    grpcStatus: 'FAILED_PRECONDITION',
    advice: 'Use the version of latent-sweep that the database belongs to, or another database.',
  },
  SQL_FAILED: {
    failure: 'bad_config',
    grpcStatus: 'INVALID_ARGUMENT',
    advice: 'Correct the query; the views of schema study are listed by \\dv study.* in psql.',
  },
  INTERNAL: {
    failure: 'code_error',
    grpcStatus: 'INTERNAL',
    advice: 'This is a defect of latent-sweep; report it with the details or the log of the process (lsweep logs).',
  },
} as const satisfies Record<string, ErrorClass>;

export type ErrorCode = keyof typeof ERRORS;

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** The project's only error type: `CODE: sentence with the values`. */
export class LatentSweepError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, sentence: string, details: ErrorDetails = {}, cause?: unknown) {
    super(`${code}: ${sentence}`, cause === undefined ? undefined : { cause });
    this.name = 'LatentSweepError';
    this.code = code;
    this.details = details;
  }

  /** The message without its code. */
  get sentence(): string {
    return this.message.slice(`${this.code}: `.length);
  }

  get failure(): AttemptFailure {
    return ERRORS[this.code].failure;
  }
}
