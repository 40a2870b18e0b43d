// Who sees whom. Every row that is not part of the prefix belongs to a site and has an order within it; three small
// integer arrays say so, and masks and positions of all passes follow from them (docs/design/study.md section 3):
//   position = limit + 1 + order;  prefix token j is visible iff j <= limit;  another row iff same site and order not larger.
// Padding rows carry site -1: real rows never see them. Legend: B batch, Q query rows, K key rows, S prefix length.

import {
  add,
  and,
  concat,
  equal,
  type Graph,
  greater,
  not,
  reshape,
  slice,
  type Tensor,
  where,
} from '../../tensor/graph/index.ts';

/** Large enough that exp(score + HIDDEN - max) is exactly 0 in fp32, small enough that rows of padding stay finite. */
export const HIDDEN = -1e9;

export interface Rows {
  readonly count: number;
  readonly site_BQ: Tensor;
  readonly order_BQ: Tensor;
  /** Last visible prefix position. */
  readonly limit_BQ: Tensor;
}

export function inputRows(graph: Graph, name: string, batch: number, count: number): Rows {
  const input = (field: string) => graph.input(`${name}.${field}`, 'int64', [batch, count]);
  return { count, site_BQ: input('site'), order_BQ: input('order'), limit_BQ: input('limit') };
}

export function sliceRows(rows: Rows, from: number, to: number): Rows {
  const part = (tensor: Tensor) => slice(tensor, 1, from, to);
  return {
    count: to - from,
    site_BQ: part(rows.site_BQ),
    order_BQ: part(rows.order_BQ),
    limit_BQ: part(rows.limit_BQ),
  };
}

export function concatRows(parts: readonly Rows[]): Rows {
  return {
    count: parts.reduce((sum, rows) => sum + rows.count, 0),
    site_BQ: concat(
      parts.map((rows) => rows.site_BQ),
      1,
    ),
    order_BQ: concat(
      parts.map((rows) => rows.order_BQ),
      1,
    ),
    limit_BQ: concat(
      parts.map((rows) => rows.limit_BQ),
      1,
    ),
  };
}

export function rowPositions({ limit_BQ, order_BQ }: Rows): Tensor {
  return add(add(limit_BQ, order_BQ), limit_BQ.graph.constant(BigInt64Array.of(1n), []));
}

/** Additive mask [B, 1, Q, S + K] of query rows over the prefix and over key rows. */
export function rowMask(queries: Rows, prefixLength: number, keys: Rows): Tensor {
  const { graph } = queries.site_BQ;
  const column = (x: Tensor) => reshape(x, [x.shape[0] ?? 1, 1, x.shape[1] ?? 1, 1]);
  const row = (x: Tensor) => reshape(x, [x.shape[0] ?? 1, 1, 1, x.shape[1] ?? 1]);
  const prefix = reshape(graph.indices(Array.from({ length: prefixLength }, (_, j) => j)), [1, 1, 1, prefixLength]);
  const [open, hidden] = [graph.scalar(0), graph.scalar(HIDDEN)];
  const sameSite = equal(column(queries.site_BQ), row(keys.site_BQ));
  const notLater = not(greater(row(keys.order_BQ), column(queries.order_BQ)));
  return concat(
    [where(greater(prefix, column(queries.limit_BQ)), hidden, open), where(and(sameSite, notLater), open, hidden)],
    3,
  );
}

/** Causal mask [1, 1, S, S]. Prefixes are padded at their end, where no real row looks. */
export function causalMask(graph: Graph, length: number): Tensor {
  const data = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? HIDDEN : 0,
  );
  return graph.constant(data, [1, 1, length, length]);
}
