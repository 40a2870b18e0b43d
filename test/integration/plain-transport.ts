// gRPC of the node gateway without TLS, for tests that script the other side.

import {
  ChannelCredentials,
  ClientError,
  createChannel,
  createClient,
  createServer,
  ServerError,
  Status,
} from 'nice-grpc';
import type { ConnectWorker, ServeRegistry } from '../../services/orchestrator/index.ts';
import { RegistryServiceDefinition } from '../../services/gen/latentsweep/registry/v1/registry.ts';
import { type WorkerServiceClient, WorkerServiceDefinition } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

function understood(error: unknown): unknown {
  if (!(error instanceof ClientError)) return error;
  if (error.code === Status.ABORTED) return new LatentSweepError('FENCED', error.details);
  if (error.code === Status.NOT_FOUND) return new LatentSweepError('NOT_FOUND', error.details);
  return new LatentSweepError('NODE_LOST', error.message);
}

export const connectWorker: ConnectWorker = (address) => {
  const channel = createChannel(address, ChannelCredentials.createInsecure(), {
    'grpc.max_reconnect_backoff_ms': 500,
    'grpc.initial_reconnect_backoff_ms': 100,
  });
  const raw = createClient(WorkerServiceDefinition, channel);
  const unary =
    <Q, R>(call: (request: Q, options?: object) => Promise<R>) =>
    async (request: Q, options?: object): Promise<R> => {
      try {
        return await call(request, options);
      } catch (error) {
        throw understood(error);
      }
    };
  const client: WorkerServiceClient = {
    describeNode: unary(raw.describeNode),
    acknowledge: unary(raw.acknowledge),
    stopPhase: unary(raw.stopPhase),
    runPhase: async function* (request, options) {
      try {
        yield* raw.runPhase(request, options);
      } catch (error) {
        throw understood(error);
      }
    },
  };
  return { client, close: () => channel.close() };
};

export const serveRegistry: ServeRegistry = async (implementation, address) => {
  const server = createServer().use(async function* (call, context) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      throw error instanceof LatentSweepError ? new ServerError(Status.UNAVAILABLE, error.message) : error;
    }
  });
  server.add(RegistryServiceDefinition, implementation);
  const port = await server.listen(address);
  return { address: `127.0.0.1:${port}`, stop: () => server.shutdown() };
};
