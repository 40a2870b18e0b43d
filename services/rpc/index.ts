// The border of gRPC: clients and servers of the two services.

export { callError } from './call-error.ts';
export { MAX_MESSAGE_BYTES } from './channel-options.ts';
export { type Connection, connectRegistry, connectWorker } from './connect.ts';
export type { Refused, RpcOptions, ServeOptions, TlsOptions } from './options.ts';
export { proxyOf, type Route, routeTo } from './route.ts';
export {
  checkpointMessage,
  checkpointOfMessage,
  type DurableEvent,
  segmentMessage,
  segmentOfMessage,
} from './segment-message.ts';
export { type RpcServer, serveRegistry, serveWorker } from './serve.ts';
