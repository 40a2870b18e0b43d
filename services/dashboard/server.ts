// The dashboard's server: pages over named queries, read with a login that can only read. It changes nothing, and asks nobody else.

import { Readable } from 'node:stream';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { csvChunks } from '../answers/index.ts';
import type { HostPort } from '../config/index.ts';
import { html } from '../html/index.ts';
import type { NamedQuery } from '../named-queries/index.ts';
import type { Reader } from '../store/index.ts';
import { hostNames } from './address.ts';
import { addGate } from './gate.ts';
import { LIVE_SCRIPT } from './live-script.ts';
import { cellPage } from './pages/cell-page.ts';
import { comparePage } from './pages/compare-page.ts';
import { fleetPage } from './pages/fleet-page.ts';
import { type PageParts, pageHtml } from './pages/layout.ts';
import { queryListPage, queryPage } from './pages/query-pages.ts';
import { sweepPage } from './pages/sweep-page.ts';
import { sweepsPage } from './pages/sweeps-page.ts';
import { Questions } from './questions.ts';
import { DASHBOARD_STYLE, ICON } from './style.ts';

export interface DashboardOptions {
  /** Of this machine alone. */
  readonly address: HostPort;
  /** Of the stack. */
  readonly token: string;
  /** Runs statements of people: one that can do more than read refuses them. */
  readonly reader: Reader;
  readonly queries: readonly NamedQuery[];
  readonly log: Logger;
}

export interface Dashboard {
  readonly port: number;
  close(): Promise<void>;
}

const CSV_ROWS = 1_000;
/** Share of the time that one open page may keep Postgres and this process at work. */
const MOST_LOAD = 0.05;

/** @throws Error of the system where the port is taken */
export async function serveDashboard({ address, token, reader, queries, log }: DashboardOptions): Promise<Dashboard> {
  const quiet: FastifyBaseLogger = log.child({}, { level: 'warn' });
  const app = fastify({ loggerInstance: quiet, forceCloseConnections: true });
  let { port } = address;
  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  addGate(app, token, () => hostNames({ host: address.host, port }));
  addPages(app, new Questions(reader, queries));
  await app.listen({ host: address.host, port: address.port });
  const bound = app.server.address();
  if (typeof bound === 'object' && bound !== null) port = bound.port;
  return { port, close: () => app.close() };
}

function addPages(app: FastifyInstance, questions: Questions): void {
  app.addHook('onSend', async (_, reply) => void reply.header('cache-control', 'no-store'));
  app.get('/style.css', async (_, reply) => reply.type('text/css; charset=utf-8').send(DASHBOARD_STYLE));
  app.get('/live.js', async (_, reply) => reply.type('text/javascript; charset=utf-8').send(LIVE_SCRIPT));
  app.get('/alive', async (_, reply) => {
    await questions.check();
    return reply.code(204).send();
  });
  app.get('/icon.svg', async (_, reply) => reply.type('image/svg+xml').send(ICON));
  page(app, '/', () => sweepsPage(questions));
  page<SweepPath>(app, '/sweeps/:sweep', ({ sweep }, view) => sweepPage(questions, sweep, view));
  page<SweepPath>(app, '/sweeps/:sweep/compare', ({ sweep }, view) => comparePage(questions, sweep, view));
  page<CellPath>(app, '/sweeps/:sweep/cells/:cell', ({ sweep, cell }, view) => cellPage(questions, sweep, cell, view));
  page(app, '/fleet', () => fleetPage(questions));
  page(app, '/queries', () => queryListPage(questions));
  app.get<{ Params: QueryPath; Querystring: View }>('/queries/:name.csv', async ({ params, query }, reply) => {
    const { sql } = questions.statement(params.name, valuesOf(query));
    const rows = Readable.from(csvChunks(questions.batches(sql, CSV_ROWS)));
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${params.name}.csv"`)
      .send(rows);
  });
  page<QueryPath>(app, '/queries/:name', ({ name }, view) => queryPage(questions, name, view));
  app.setNotFoundHandler((_, reply) => sendFault(reply, 404, 'There is no such page.'));
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof LatentSweepError) return sendFault(reply, statusOf(error), error.message);
    request.log.error(error);
    return sendFault(reply, 500, error instanceof Error ? error.message : String(error));
  });
}

interface SweepPath {
  readonly sweep: string;
}
interface CellPath extends SweepPath {
  readonly cell: string;
}
interface QueryPath {
  readonly name: string;
}
type View = Readonly<Record<string, string | readonly string[]>>;

function page<Path>(
  app: FastifyInstance,
  path: string,
  make: (path: Path, view: Readonly<Record<string, string>>) => PageParts | Promise<PageParts>,
): void {
  app.get<{ Params: Path; Querystring: View }>(path, async ({ params, query }, reply) => {
    const startMs = performance.now();
    const parts = await make(params as Path, valuesOf(query));
    const tookSeconds = (performance.now() - startMs) / 1_000;
    const wish = parts.refreshSeconds ?? null;
    const refreshSeconds = wish === null ? null : Math.max(wish, Math.ceil(tookSeconds / MOST_LOAD));
    return reply.type('text/html; charset=utf-8').send(pageHtml({ ...parts, refreshSeconds }, Date.now()));
  });
}

/** The last of several. */
function valuesOf(query: View): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(query).map(([key, value]) => [key, typeof value === 'string' ? value : (value.at(-1) ?? '')]),
  );
}

function statusOf({ code }: LatentSweepError): number {
  if (code === 'INPUT_INVALID') return 404;
  // the login that reads is made by the first orchestrator
  return code === 'STORE_UNREACHABLE' || code === 'CONFIG_INVALID' ? 503 : 500;
}

function sendFault(reply: FastifyReply, status: number, words: string): FastifyReply {
  const body = html`<p class="fault" role="alert">${words}</p><p><a href="/">All sweeps</a></p>`;
  // what is away comes back: the browser asks again
  const parts = { title: 'This did not work', body, refreshSeconds: status === 503 ? 5 : null };
  return reply.code(status).type('text/html; charset=utf-8').send(pageHtml(parts, Date.now()));
}
