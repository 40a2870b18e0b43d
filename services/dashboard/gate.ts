// Who is let in: whoever brought the stack's token in the address once has a cookie from then on. Nobody else sees more than how to get in.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isToken } from './token.ts';

const COOKIE = 'lsweep';

/** Registers the hook; the names are asked at each request, for the port is known only when the server listens. */
export function addGate(app: FastifyInstance, token: string, names: () => readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!names().includes((request.headers.host ?? '').toLowerCase()))
      return refuse(reply, 421, `This dashboard is called ${names()[0]}; it answers to no other name.`);
    // a page of another site may link here, but not read or embed
    const site = request.headers['sec-fetch-site'];
    if (site === 'cross-site' && request.headers['sec-fetch-mode'] !== 'navigate')
      return refuse(reply, 403, 'Another site may not read this one.');
    const given = tokenOf(request);
    if (given !== null && isToken(given, token)) {
      const url = new URL(request.url, 'http://localhost');
      url.searchParams.delete('token');
      return reply
        .setCookie(COOKIE, token, { httpOnly: true, sameSite: 'lax', path: '/' })
        .redirect(`${url.pathname}${url.search}`, 303);
    }
    if (!isToken(request.cookies[COOKIE] ?? '', token))
      return refuse(reply, 401, 'lsweep open prints the address to come in by, with the token of this stack.');
    return undefined;
  });
}

function tokenOf({ query }: FastifyRequest): string | null {
  const given: unknown =
    typeof query === 'object' && query !== null ? Object.getOwnPropertyDescriptor(query, 'token')?.value : null;
  return typeof given === 'string' ? given : null;
}

function refuse(reply: FastifyReply, status: number, words: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${words}\n`);
}
