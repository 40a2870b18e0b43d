// A profile as a Chrome trace (chrome://tracing, ui.perfetto.dev): one row per pass, one slice per node.

import type { NodeEvent } from './node-events.ts';

export function chromeTrace(events: readonly NodeEvent[]): { readonly traceEvents: readonly object[] } {
  const passes = [...new Set(events.map(({ pass }) => pass))];
  const begin = events.reduce((least, { startMs }) => Math.min(least, startMs), Number.POSITIVE_INFINITY);
  const rows = passes.map((pass, row) => ({
    ...{ ph: 'M', name: 'thread_name', pid: 1, tid: row },
    args: { name: pass },
  }));
  const slices = events.map(({ op, pass, startMs, ms, flops }) => ({
    ...{ ph: 'X', cat: 'node', name: op, pid: 1, tid: passes.indexOf(pass) },
    ...{ ts: 1_000 * (startMs - begin), dur: 1_000 * ms },
    args: { pass, flops },
  }));
  return { traceEvents: [...rows, ...slices] };
}
