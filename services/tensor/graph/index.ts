// The border of the graph builder.
export * from './elementwise.ts';
export * from './graph.ts';
export * from './layout.ts';
export * from './matmul.ts';
export * from './reduce.ts';
