// A tensor in host memory, as files hold it and engines take it: fp32, row-major.

export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by the names of docs/design/probe.md section 3: `base.<hf name>`, `coprocessor.<hf name>`, `soft_tokens`, `query_token`. */
export type NamedTensors = ReadonlyMap<string, HostTensor>;
