// The disturbable link of the chaos tests does to a connection what each fault says, and nothing else.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { Link } from '../chaos/link.ts';
import { until } from '../integration/until.ts';

const closings: (() => Promise<unknown> | void)[] = [];
after(async () => {
  for (const close of closings.reverse()) await close();
});

/** Answers every chunk with itself; `heard` is what arrived. */
async function echo(): Promise<{ readonly server: Server; readonly port: number; heard: () => string }> {
  let heard = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      socket.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port, heard: () => heard };
}

function call(link: Link): { readonly socket: Socket; answers: () => string } {
  let answers = '';
  const socket = connect({ port: Number(link.address.split(':')[1]), host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => (answers += chunk.toString()));
  closings.push(() => {
    socket.destroy();
  });
  return { socket, answers: () => answers };
}

async function openLink(): Promise<{ readonly link: Link; readonly target: Awaited<ReturnType<typeof echo>> }> {
  const target = await echo();
  const link = await Link.open(target.port);
  closings.push(() => link.close());
  return { link, target };
}

test('an undisturbed link passes everything in order', async () => {
  const { link } = await openLink();
  const { socket, answers } = call(link);
  const text = Array.from({ length: 5_000 }, (_, i) => `${i},`).join('');
  for (const part of text.match(/.{1,700}/g) ?? []) socket.write(part);
  await until('all came back', () => answers().length === text.length);
  assert.equal(answers(), text);
});

test('a silent link holds bytes back and delivers them when it is heard again', async () => {
  const { link, target } = await openLink();
  const { socket, answers } = call(link);
  socket.write('a');
  await until('the link works', () => answers() === 'a');
  link.disturb('silence');
  socket.write('b');
  const later = call(link);
  later.socket.write('c');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(target.heard(), 'a');
  link.disturb(null);
  await until('everything came back', () => answers() === 'ab' && later.answers() === 'c');
});

test('a cut link resets what is connected and refuses what comes', async () => {
  const { link } = await openLink();
  const { socket, answers } = call(link);
  socket.write('a');
  await until('the link works', () => answers() === 'a');
  link.disturb('cut');
  await until('the connection is reset', () => socket.destroyed);
  const refused = call(link);
  await until('a new one is reset too', () => refused.socket.destroyed);
  link.disturb(null);
  const again = call(link);
  again.socket.write('b');
  await until('the link works again', () => again.answers() === 'b');
});

test('a link without answers delivers the request, and the caller who repeats it is heard twice', async () => {
  const { link, target } = await openLink();
  link.disturb('lose_answers');
  const { socket, answers } = call(link);
  socket.write('request;');
  await until('the request arrived', () => target.heard() === 'request;');
  // the answer is on its way: the link is healed until it has lost it
  await until('the connection is reset', () => {
    link.disturb(null);
    if (!socket.destroyed) link.disturb('lose_answers');
    return socket.destroyed;
  });
  link.disturb(null);
  assert.equal(answers(), '');
  const again = call(link);
  again.socket.write('request;');
  await until('the answer comes', () => again.answers() === 'request;');
  assert.equal(target.heard(), 'request;request;');
});

test('a slow link keeps the order when it becomes fast again', async () => {
  const { link } = await openLink();
  const { socket, answers } = call(link);
  link.disturb('delay');
  const sentMs = performance.now();
  socket.write('a');
  await until('the first is slow', () => performance.now() - sentMs > 50);
  link.disturb(null);
  socket.write('b');
  await until('both came back', () => answers().length === 2);
  assert.equal(answers(), 'ab');
});
