// How a connection is protected. Certificates and the secret come as content, never as paths: reading files is the configuration's work.

/** Mutual TLS: both sides present a certificate that `ca` has signed. PEM. */
export interface TlsOptions {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Name to expect in the server's certificate instead of the host of the address (nodes reached by IP). */
  readonly serverName?: string | undefined;
}

/** At least one of `tls` and `secret`. */
export interface RpcOptions {
  readonly tls?: TlsOptions | undefined;
  /** Sent with every call, and demanded of every caller. */
  readonly secret?: string | undefined;
  /** Allows addresses beyond this machine without TLS. Default false. */
  readonly insecure?: boolean | undefined;
  /** host:port of an HTTP CONNECT proxy for addresses beyond this machine. Default: none. */
  readonly proxy?: string | null | undefined;
  /** Configuration key of the address, named when it is refused. */
  readonly configKey?: string | undefined;
}

export interface Refused {
  readonly path: string;
  readonly peer: string;
  readonly reason: string;
}

export interface ServeOptions extends RpcOptions {
  /** With TLS: addresses (host:port), for the host of one of which a caller's certificate must be. Default: any certificate that `ca` has signed. */
  readonly callers?: readonly string[] | undefined;
  /** Hears of callers that may not call, at most once a minute. */
  readonly onRefused?: ((refused: Refused) => void) | undefined;
  /** Hears of errors that no rule foresees; the caller gets INTERNAL. */
  readonly onUnexpected?: ((path: string, error: unknown) => void) | undefined;
}
