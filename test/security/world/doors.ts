import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { Pool, type Dispatcher } from 'undici';
import type { TlsMaterial } from '#infra/http/service.ts';
import { service, spiffeId, type Audience, type ServiceName } from '#security/identity/spiffe.ts';
import { workloadTls } from '#security/identity/workload-connection.ts';
import type { Parts } from './parts.ts';

/** Anyone who calls with a certificate: an agent of a service, or a bot's identity. */
export interface Workload {
  readonly tls: TlsMaterial;
  callToken(audience: Audience): Promise<string>;
}

export interface Call {
  readonly method?: Dispatcher.HttpMethod;
  /** Path and query. At the proxy the first segment names the target; at a service it is absent. */
  readonly path: string;
  /** Defaults to the caller's own, for the target named in the path. null sends none. */
  readonly callToken?: string | null;
  readonly txnToken?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  /** The code of a problem+json response. */
  readonly code: string | undefined;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: unknown;
  readonly text: string;
}

/** Everything that can be reached: the proxy's two listeners, and the listeners that only the proxy should talk to. */
export interface Doors extends AsyncDisposable {
  /** Through gateway-proxy, as all internal calls go. */
  call(from: Workload, call: Call): Promise<Answer>;
  /** Bypassing it, at a service's own listener. */
  direct(from: Workload, to: Exclude<ServiceName, 'gateway-proxy' | 'token-service'>, call: Call): Promise<Answer>;
  /** At the public listener; `session` is a bearer token of the api. */
  public(call: Call & { readonly session?: string }): Promise<Answer>;
  /**
   * Sends raw bytes over the caller's own connection to the proxy; resolves with all that comes back until it closes.
   */
  raw(from: Workload, bytes: string): Promise<string>;
  publicRaw(bytes: string): Promise<string>;
  /** TLS options that present the caller's certificate and expect the proxy's. */
  tlsOptions(from: Workload): tls.ConnectionOptions;
}

export function openDoors({ installation: { installation }, proxy, urls }: Parts): Doors {
  const pools = new Map<TlsMaterial, Map<string, Pool>>();
  const sockets = new Set<net.Socket>();
  const publicUrl = `http://127.0.0.1:${proxy.publicPort}`;
  const publicPool = new Pool(publicUrl);

  const optionsFor = (from: Workload, to: ServiceName): tls.ConnectionOptions => {
    const { certificatePem, privateKeyPem, trustBundlePem } = from.tls.current();
    const expected = spiffeId(installation, service(to));
    return { ...workloadTls(trustBundlePem, expected), cert: certificatePem, key: privateKeyPem };
  };
  const poolFor = (from: Workload, to: ServiceName, url: string): Pool => {
    const own = pools.get(from.tls) ?? new Map<string, Pool>();
    pools.set(from.tls, own);
    const pool =
      own.get(url) ?? new Pool(url, { connections: 32, connect: { ...optionsFor(from, to), maxCachedSessions: 0 } });
    own.set(url, pool);
    return pool;
  };
  const headersOf = async (from: Workload, audience: Audience, call: Call) => {
    const token = call.callToken === undefined ? await from.callToken(audience) : call.callToken;
    return {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(call.txnToken === undefined ? {} : { 'txn-token': call.txnToken }),
      ...plainHeaders(call),
    };
  };
  const send = async (pool: Pool, { method = 'GET', path, body }: Call, headers: Record<string, string>) =>
    answered(await pool.request({ method, path, headers, ...(body === undefined ? {} : { body: encoded(body) }) }));
  const read = async (socket: net.Socket, bytes: string): Promise<string> => {
    sockets.add(socket);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.once('error', () => resolve());
    });
    socket.write(Buffer.from(bytes, 'latin1'));
    await closed;
    sockets.delete(socket);
    return Buffer.concat(chunks).toString('latin1');
  };
  const proxyUrl = `https://127.0.0.1:${proxy.port}`;

  return {
    async call(from, call) {
      const headers = await headersOf(from, call.path.split('/')[1] as Audience, call);
      return send(poolFor(from, 'gateway-proxy', proxyUrl), call, headers);
    },
    async direct(from, to, call) {
      return send(poolFor(from, to, urls[to]), call, await headersOf(from, to, call));
    },
    public: ({ session, ...call }) =>
      send(publicPool, call, {
        ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
        ...plainHeaders(call),
      }),
    async raw(from, bytes) {
      const socket = tls.connect({ host: '127.0.0.1', port: proxy.port, ...optionsFor(from, 'gateway-proxy') });
      await once(socket, 'secureConnect');
      return read(socket, bytes);
    },
    async publicRaw(bytes) {
      const socket = net.connect({ host: '127.0.0.1', port: proxy.publicPort });
      await once(socket, 'connect');
      return read(socket, bytes);
    },
    tlsOptions: (from) => optionsFor(from, 'gateway-proxy'),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      const all = [publicPool, ...[...pools.values()].flatMap((own) => [...own.values()])];
      await Promise.all(all.map((pool) => pool.destroy()));
    },
  };
}

const encoded = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

const plainHeaders = ({ body, headers }: Call): Record<string, string> => ({
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  ...headers,
});

async function answered(response: Dispatcher.ResponseData): Promise<Answer> {
  const text = await response.body.text();
  const isJson =
    /json/.test(String(response.headers['content-type'] ?? '')) &&
    !/ndjson/.test(String(response.headers['content-type']));
  const body = isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined;
  const code = typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : undefined;
  return { status: response.statusCode, code, headers: response.headers, body, text };
}
