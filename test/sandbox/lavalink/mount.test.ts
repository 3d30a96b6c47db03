import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { request } from 'node:https';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ControlHandler } from '../control/call.ts';
import { mountLavalinkControl, startLavalink } from './index.ts';
import type { LavalinkServer } from './index.ts';

const password = 'open-sesame-node';
const guild = '100000000000000001';
const bot = '200000000000000002';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

/** The control API's routes in a map, and a way to call one as its server would. */
function controlOf(lavalink: LavalinkServer) {
  const routes = new Map<string, ControlHandler>();
  mountLavalinkControl({ route: (method, path, handler) => void routes.set(`${method} ${path}`, handler) }, lavalink);
  return async (name: string, call: { guildId?: string; query?: string; body?: unknown } = {}) => {
    const handler = routes.get(name);
    if (!handler) throw new Error(`no route ${name}`);
    const params: Record<string, string> = call.guildId === undefined ? {} : { guildId: call.guildId };
    return handler({ params, query: new URLSearchParams(call.query), body: call.body });
  };
}

async function playing() {
  const lavalink = await startLavalink({ password });
  open.push(lavalink);
  const socket = new WebSocket(`ws://127.0.0.1:${lavalink.port}/v4/websocket`, {
    headers: { Authorization: password, 'User-Id': bot, 'Client-Name': 'test/1' },
  });
  open.push({ [Symbol.asyncDispose]: async () => socket.terminate() });
  const ready = await new Promise<{ sessionId: string }>((resolve) =>
    socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()) as { sessionId: string })),
  );
  await fetch(`http://127.0.0.1:${lavalink.port}/v4/sessions/${ready.sessionId}/players/${guild}`, {
    method: 'PATCH',
    headers: { Authorization: password, 'content-type': 'application/json' },
    body: JSON.stringify({ track: { identifier: 'https://music.sandbox.test/track/rooftops' } }),
  });
  return { lavalink, control: controlOf(lavalink) };
}

test('shows players and sessions, and never the password', async () => {
  const { control } = await playing();
  const view = await control('GET /sandbox/lavalink');
  expect(view).toMatchObject({
    players: [
      { guildId: guild, userId: bot, title: 'Rooftops', author: 'Kestrel Avenue', lengthMs: 241_000, paused: false },
    ],
    sessions: [{ userId: bot, clientName: 'test/1', attached: true }],
    faults: { dead: false, slowMs: 0, restStatus: 0 },
  });
  expect(JSON.stringify(view)).not.toContain(password);
});

test('ends a track through the control API, and answers 404 if nothing plays', async () => {
  const { control } = await playing();
  const end = 'POST /sandbox/lavalink/players/:guildId/end';
  await expect(control(end, { guildId: guild, query: 'user=1' })).rejects.toMatchObject({ status: 404 });
  expect(await control(end, { guildId: guild, query: `user=${bot}` })).toEqual({ players: 1 });
  await expect(control(end, { guildId: guild })).rejects.toMatchObject({ status: 404 });
});

test('refuses an unknown fault, and changes nothing', async () => {
  const { lavalink, control } = await playing();
  const faults = 'POST /sandbox/lavalink/faults';
  await expect(control(faults, { body: { dead: true, slow: 3 } })).rejects.toMatchObject({ status: 400 });
  await expect(control(faults, { body: { restStatus: 404 } })).rejects.toMatchObject({ status: 400 });
  expect(lavalink.control.view().faults.dead).toBe(false);
  expect(await control(faults, { body: { slowMs: 5, restStatus: 503 } })).toEqual({
    dead: false,
    slowMs: 5,
    unanswered: 0,
    restStatus: 503,
  });
});

test('uses TLS if it is given a certificate', async () => {
  const keys = (await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({ keys, name: 'CN=lavalink.sandbox' });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const pem = `-----BEGIN PRIVATE KEY-----\n${key.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  const lavalink = await startLavalink({ password, tls: { cert: certificate.toString('pem'), key: pem } });
  open.push(lavalink);
  const text = await new Promise<string>((resolve, reject) => {
    const call = request(
      {
        port: lavalink.port,
        path: '/version',
        ca: certificate.toString('pem'),
        checkServerIdentity: () => undefined,
        headers: { Authorization: password },
      },
      (response) => response.setEncoding('utf8').once('data', resolve),
    );
    call.once('error', reject).end();
  });
  expect(text).toBe('4.2.2');
});
