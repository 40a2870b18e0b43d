// Numbers of every connection. Why each one: docs/design/temporal.md section 9.2, tried with grpc-js 1.14.7.

import type { ChannelOptions } from '@grpc/grpc-js';

/** Largest message, bytes. Segments are kilobytes; a thousand evaluated items with their texts stay well below. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

const COMMON: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  // longer than the longest stall of the other side's event loop
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
};

export const SERVER_OPTIONS: ChannelOptions = COMMON;

const UNARY_DEADLINE = '10s';
/** A stream that is older is opened again by its reader, from the last event it has. */
const STREAM_DEADLINE = '3600s';

/** Every unary call is idempotent by contract (proto/), so that it may be repeated. */
const RETRY_POLICY = {
  maxAttempts: 3,
  initialBackoff: '0.1s',
  maxBackoff: '1s',
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE'],
};

export interface MethodNames {
  readonly service: string;
  readonly unary: readonly string[];
  readonly streams: readonly string[];
}

export function clientOptions(
  { service, unary, streams }: MethodNames,
  serverName: string | undefined,
): ChannelOptions {
  const names = (methods: readonly string[]): readonly object[] => methods.map((method) => ({ service, method }));
  const methodConfig = [
    { name: names(unary), timeout: UNARY_DEADLINE, retryPolicy: RETRY_POLICY },
    { name: names(streams), timeout: STREAM_DEADLINE },
  ];
  return {
    ...COMMON,
    'grpc.initial_reconnect_backoff_ms': 200,
    // a peer that is back is noticed within this time; slots idle meanwhile
    'grpc.max_reconnect_backoff_ms': 500,
    // a connection made anew to the same address starts without the back-off of the old one
    'grpc.use_local_subchannel_pool': 1,
    'grpc.service_config_disable_resolution': 1,
    'grpc.service_config': JSON.stringify({
      loadBalancingConfig: [],
      methodConfig: methodConfig.filter((one) => one.name.length > 0),
    }),
    ...(serverName === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName }),
  };
}
