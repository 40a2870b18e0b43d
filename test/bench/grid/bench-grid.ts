// `npm run bench:grid -- [--cells 100000] [--slots 1000] [--seconds 10] [--workers 4]`: a large grid with many running trials, simulated inside a few
// worker processes; meanwhile the questions of people are asked every ten seconds. One JSON row on the last line.

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { routeTo } from '../../../services/rpc/index.ts';
import { printRow, unlessSignalled } from '../../integration/unless-signalled.ts';
import { type BenchStack, openBenchStack } from '../stack/open-stack.ts';
import { usageByKind } from '../stack/process-usage.ts';
import { simulatedSweep } from '../stack/simulated-sweep.ts';
import { STUDY_QUERIES } from '../study/study-queries.ts';

/** `seeds` of a sweep file are at most so many; an axis makes the rest. */
const MOST_SEEDS = 10_000;
const ASK_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    cells: { type: 'string', default: '100000' },
    slots: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    workers: { type: 'string', default: '4' },
    limit: { type: 'string', default: '7200' },
  },
});
const cells = Number(values.cells);
const slots = Number(values.slots);
const workers = Number(values.workers);
const seeds = Math.min(cells, MOST_SEEDS);
const round = (value: number): number => Number(value.toFixed(1));

await printRow(unlessSignalled(openBenchStack, runGrid), (row) => row.state === 'finished' && row.failed === 0);

async function runGrid(stack: BenchStack) {
  await stack.orchestrator();
  for (let i = 0; i < workers; i++) {
    await stack.worker({
      name: `node-${i}`,
      trainer: 'simulate-inside',
      slots: Math.ceil(slots / workers),
      waitingPlaces: 0,
    });
  }
  const beganMs = performance.now();
  const task = { seconds: Number(values.seconds), steps: 2, metricsPerStep: 2 };
  await stack.start('grid', simulatedSweep({ name: 'grid', task, seeds, latents: Math.ceil(cells / seeds) }));

  interface Progress {
    readonly state: string;
    readonly cells: number;
    readonly finished: number;
    readonly failed: number;
    readonly running: number;
  }
  const tookMs: Record<string, number[]> = {};
  let mostRunning = 0;
  let last: Progress = { state: 'planning', cells, finished: 0, failed: 0, running: 0 };
  while (last.state !== 'finished' && performance.now() - beganMs < 1_000 * Number(values.limit)) {
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    for (const [name, text] of Object.entries(STUDY_QUERIES)) {
      const askedMs = performance.now();
      const rows = await stack.query(text, ['grid']);
      (tookMs[name] ??= []).push(performance.now() - askedMs);
      if (name === 'counts_by_state') last = rows[0] as unknown as Progress;
    }
    mostRunning = Math.max(mostRunning, last.running);
    process.stderr.write(`${JSON.stringify({ s: Math.round((performance.now() - beganMs) / 1_000), ...last })}\n`);
  }
  const wallS = (performance.now() - beganMs) / 1_000;

  const connection = await Connection.connect(routeTo(stack.temporal.address, null, 'temporal.address'));
  const client = new Client({ connection, namespace: stack.temporal.namespace });
  let largestHistory = 0;
  let histories = 0;
  for await (const { workflowId, runId } of client.workflow.list()) {
    const { historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
    largestHistory = Math.max(largestHistory, historyLength);
    histories += 1;
  }
  await connection.close();
  const usage = usageByKind();
  return {
    bench: 'grid',
    cells,
    slots,
    trial_s: Number(values.seconds),
    state: last.state,
    finished: last.finished,
    failed: last.failed,
    most_running: mostRunning,
    wall_s: round(wallS),
    trials_per_s: round(last.finished / wallS),
    largest_history_events: largestHistory,
    histories,
    query_ms: Object.fromEntries(Object.entries(tookMs).map(([name, ms]) => [name, spread(ms)])),
    usage,
    loadavg: round(loadavg()[0] ?? 0),
  };
}

function spread(ms: readonly number[]): { readonly p50: number; readonly p95: number; readonly slowest: number } {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { p50: at(0.5), p95: at(0.95), slowest: at(1) };
}
