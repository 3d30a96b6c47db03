import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ndjsonWriter, type NdjsonWriter } from '#infra/http/ndjson.ts';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { verifyCallToken } from '#security/identity/call-token.ts';
import { peerReader } from '#security/identity/peer.ts';
import { isAudience } from '#security/identity/spiffe.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import type { TestInstallation } from '#test/installation.ts';

/** What came through a bot's door, and its true sender, by certificate and call token. */
export interface SeenRequest {
  readonly spiffeId: string;
  readonly thumbprint: string;
  readonly method: string;
  readonly path: string;
  readonly transaction: string | undefined;
  readonly body: unknown;
}

export interface EdgeOfTests extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly seen: readonly SeenRequest[];
  /** Requests whose certificate and call token did not match, or were unknown. */
  readonly refused: number;
  /** All connections made, including those without a request. */
  readonly connections: number;
  /** The connections that are still open. */
  readonly open: number;
  /** Sends a frame to a tenant's bot; false if none is attached. */
  send(tenant: TenantId, frame: unknown): boolean;
  attached(tenant: TenantId): boolean;
  /** Breaks a tenant's streams, as a restart of the edge would. */
  cut(tenant: TenantId): void;
}

export const testGuild = '1000000000000000001';
export const testApplication = '2000000000000000001';
const botUser = { id: '2000000000000000002', username: 'tune', discriminator: '0', avatar: null, bot: true };

/**
 * Takes the place of gateway-proxy, with its certificate, and answers as discord-edge and audio would behind it. It
 * checks certificates and call tokens as the proxy does, but no permissions.
 */
export async function startEdgeOfTests(installation: TestInstallation): Promise<EdgeOfTests> {
  const agent = await installation.agentFor('gateway-proxy');
  const peerOf = peerReader(installation.installation, systemClock);
  const seen: SeenRequest[] = [];
  const streams = new Map<TenantId, NdjsonWriter[]>();
  let connections = 0;
  let refused = 0;

  const refuse = (response: ServerResponse): void => {
    refused += 1;
    response.writeHead(401).end();
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = ''] = (request.url ?? '').split('?');
    const [, audience = ''] = path.split('/');
    const peer = peerOf(request.socket);
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    if (!peer || !isAudience(audience)) return refuse(response);
    const { installation: name, keys, revocations } = agent;
    const nowMs = Date.now();
    const options = { audience, thumbprint: peer.thumbprint, installation: name, keys, revocations, nowMs };
    const caller = await verifyCallToken(token, options);
    if (!caller.ok || caller.value.spiffeId !== peer.spiffeId) return refuse(response);
    const transaction = request.headers['txn-token'];
    seen.push({
      spiffeId: peer.spiffeId,
      thumbprint: peer.thumbprint,
      method: request.method ?? '',
      path,
      transaction: typeof transaction === 'string' ? transaction : undefined,
      body: await readJson(request),
    });
    const tenant = path.split('/')[4] ?? '';
    if (peer.spiffeId !== `spiffe://${name}/tenant/${tenant}/bot` || !isTenantId(tenant)) {
      return json(
        response,
        403,
        { type: 'about:blank', title: 'Not yours.', status: 403, code: 'tenancy.other-tenant' },
        'application/problem+json',
      );
    }
    if (path.endsWith('/gateway/stream')) return attach(streams, tenant, response);
    if (path.endsWith('/player-events')) return void ndjsonWriter(open(response)).send({ kind: 'current' });
    if (path.endsWith('/player')) return json(response, 200, playerOf(testGuild));
    if (path.endsWith('/commands')) return json(response, 200, request.method === 'GET' ? [] : seen.at(-1)?.body);
    response.writeHead(204).end();
  };

  const { certificatePem, privateKeyPem, trustBundlePem } = agent.tls.current();
  const server = createServer(
    {
      cert: certificatePem,
      key: privateKeyPem,
      ca: trustBundlePem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (request, response) => {
      answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    },
  );
  const stopRenewal = agent.tls.onRenewed(() => {
    const renewed = agent.tls.current();
    server.setSecureContext({ cert: renewed.certificatePem, key: renewed.privateKeyPem, ca: renewed.trustBundlePem });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const writers = (tenant: TenantId) => (streams.get(tenant) ?? []).filter((writer) => !writer.closed);
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    seen,
    get refused() {
      return refused;
    },
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    send: (tenant, frame) =>
      writers(tenant)
        .map((writer) => writer.send(frame))
        .some(Boolean),
    attached: (tenant) => writers(tenant).length > 0,
    cut: (tenant) => writers(tenant).forEach((writer) => writer.close()),
    async [Symbol.asyncDispose]() {
      stopRenewal();
      const closed = new Promise((resolve) => server.close(resolve));
      // Including those that never became an HTTP connection.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function attach(streams: Map<TenantId, NdjsonWriter[]>, tenant: TenantId, response: ServerResponse): void {
  const writer = ndjsonWriter(open(response));
  streams.set(tenant, [...(streams.get(tenant) ?? []).filter((each) => !each.closed), writer]);
  writer.send({ op: 'attached', applicationId: testApplication, botUserId: botUser.id });
  writer.send({ op: 'session', status: 'connected' });
  writer.send({ op: 'dispatch', seq: 0, t: 'READY', d: ready });
  writer.send({ op: 'dispatch', seq: 0, t: 'GUILD_CREATE', d: guild });
}

function open(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  return response;
}

function json(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

const ready = {
  v: 10,
  user: botUser,
  guilds: [{ id: testGuild, unavailable: true }],
  session_id: 'of-the-edge',
  resume_gateway_url: 'wss://discord-edge',
  application: { id: testApplication, flags: 0 },
};
const guild = {
  id: testGuild,
  name: 'A guild',
  owner_id: '3000000000000000001',
  roles: [
    {
      id: testGuild,
      name: '@everyone',
      permissions: '0',
      position: 0,
      color: 0,
      hoist: false,
      managed: false,
      mentionable: false,
      flags: 0,
    },
  ],
  channels: [{ id: '1000000000000000002', type: 0, name: 'music', position: 0, permission_overwrites: [] }],
  members: [],
  threads: [],
  emojis: [],
  stickers: [],
  features: [],
  voice_states: [],
  presences: [],
  stage_instances: [],
  guild_scheduled_events: [],
  soundboard_sounds: [],
  member_count: 2,
  joined_at: '2026-01-01T00:00:00.000000+00:00',
  large: false,
  unavailable: false,
};

const playerOf = (guildId: string) => ({
  guild: guildId,
  state: 'playing',
  current: {
    entryId: 'e1',
    title: 'Song',
    author: 'Band',
    uri: null,
    artworkUrl: null,
    lengthMs: 1000,
    isStream: false,
    source: 'test',
    requestedBy: null,
  },
  positionMs: 0,
  asOfMs: 1,
  volume: 100,
  voiceChannel: null,
  textChannel: null,
  queue: [],
  queueLength: 0,
  message: null,
  reason: null,
  version: 1,
});
