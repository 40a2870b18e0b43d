// ONNX Runtime's profile of a session as events of nodes: what ran, for which pass, when, and for how long by itself.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { nodeFlops } from '../engine/index.ts';
import type { ProfiledSession } from './profiling-runtime.ts';

export interface NodeEvent {
  readonly op: string;
  readonly pass: string;
  /** Monotonic, ms. */
  readonly startMs: number;
  readonly ms: number;
  /** Without the nodes of its own subgraph. */
  readonly selfMs: number;
  readonly flops: number;
}

const fileSchema = z.array(
  z.object({
    cat: z.string(),
    ts: z.number(),
    dur: z.number(),
    args: z.object({ op_name: z.string().optional(), node_index: z.coerce.number().optional() }),
  }),
);

/** @throws LatentSweepError RUNTIME_FAILED when the session wrote no profile */
export function nodeEvents(session: ProfiledSession, folder: string): readonly NodeEvent[] {
  const name = readdirSync(folder).find((file) => file.startsWith(session.filePrefix));
  if (name === undefined) {
    throw new LatentSweepError('RUNTIME_FAILED', `the session ${session.name} wrote no profile`, { folder });
  }
  const events = fileSchema
    .parse(JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .filter(({ cat }) => cat === 'Node')
    .sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const inner = innerTimes(events);
  let pass = '';
  return events.map(({ ts, dur, args }, index): NodeEvent => {
    const { node_index: position = -1, op_name: op = 'unknown' } = args;
    const node = session.nodes[position];
    // nodes of subgraphs and those that ONNX Runtime put in belong where their neighbours do
    const isKnown = node !== undefined && node.op === op && !inner.nested.has(index);
    if (isKnown) pass = node.scope;
    return {
      ...{ op, pass, startMs: session.zeroMs + ts / 1_000, ms: dur / 1_000 },
      selfMs: (dur - (inner.times.get(index) ?? 0)) / 1_000,
      flops: isKnown ? nodeFlops(node) : 0,
    };
  });
}

type RawEvent = z.infer<typeof fileSchema>[number];

/**
 * Time of the events inside of a Scan, by its index; and which events are inside of one. Only a Scan has a subgraph: elsewhere whole
 * microseconds can make a neighbour look like a part.
 */
function innerTimes(events: readonly RawEvent[]) {
  const times = new Map<number, number>();
  const nested = new Set<number>();
  const open: number[] = [];
  const endOf = (index: number): number => (events[index]?.ts ?? 0) + (events[index]?.dur ?? 0);
  events.forEach(({ ts, dur, args }, index) => {
    while (open.length > 0 && endOf(open.at(-1) ?? 0) <= ts) open.pop();
    const outer = open.at(-1);
    if (outer !== undefined && endOf(outer) >= ts + dur) {
      nested.add(index);
      times.set(outer, (times.get(outer) ?? 0) + dur);
    }
    if (args.op_name === 'Scan') open.push(index);
  });
  return { times, nested };
}
