// `npm run bench:study`: how long the questions of people take over 100,000 cells with 1,000 running, and the orchestrator's question for the next
// open range behind 70,000 closed ones. Median of nine, ms; one JSON row on the last line.

import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import pg from 'pg';
import { openStore } from '../../../services/store/index.ts';
import { type PostgresServer, startPostgres } from '../../integration/postgres.ts';
import { printRow, unlessSignalled } from '../../integration/unless-signalled.ts';
import { STUDY_QUERIES } from './study-queries.ts';

const TIMES = 9;

await printRow(unlessSignalled(startPostgres, askAll), () => true);

async function askAll(server: PostgresServer) {
  const url = await server.database();
  const store = openStore({ url, poolSize: 2 });
  await store.migrate();
  const client = new pg.Client({ connectionString: url });
  // a signal ends the server first
  client.on('error', () => undefined);
  await client.connect();
  await client.query(await readFile(new URL('./fill-study.sql', import.meta.url), 'utf8'));
  // as autovacuum leaves it
  await client.query('vacuum analyze');

  const ms: Record<string, number> = {};
  for (const [name, text] of Object.entries(STUDY_QUERIES)) ms[name] = await median(() => client.query(text, ['grid']));
  ms['next_open_range'] = await median(() => store.nextOpenRange(1, 250, [{ from: 71_000, to: 71_250 }]));
  await client.end();
  await store.close();
  return { bench: 'study', cells: 100_000, running: 1_000, ms, loadavg: Number((loadavg()[0] ?? 0).toFixed(2)) };
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const tookMs: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const beganMs = performance.now();
    await work();
    tookMs.push(performance.now() - beganMs);
  }
  tookMs.sort((a, b) => a - b);
  return Number((tookMs[Math.floor(TIMES / 2)] ?? 0).toFixed(1));
}
