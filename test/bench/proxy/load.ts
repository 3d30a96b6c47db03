import { Client } from 'undici';
import { workloadTls } from '#security/identity/workload-connection.ts';
import {
  followParent,
  say,
  started,
  type LoadMessage,
  type PreparedRequest,
  type RunResult,
  type Sender,
} from './parts.ts';

/**
 * The load generator: every sender has connections with its own certificate, and a number of requests are in progress
 * at a time, one on a connection. They are sent in order, except that one whose sender has no free connection waits.
 */
followParent();
const { senders, proxySpiffeId } = await started<'load'>();
const sets = new Map<string, PreparedRequest[]>();
const opened = new Map<string, Client[][]>();

type Run = Extract<LoadMessage, { kind: 'run' }>;

function open(url: string, { identity, connections }: Sender): Client[] {
  const { certificatePem: cert, privateKeyPem: key, trustBundlePem: ca } = identity;
  const connect = { ...workloadTls(ca, proxySpiffeId), cert, key, maxCachedSessions: 0 };
  return Array.from(
    { length: connections },
    () => new Client(url, { pipelining: 1, keepAliveTimeout: 600_000, connect }),
  );
}

/** The free connections of each sender. */
function connectionsTo(url: string): Client[][] {
  let connections = opened.get(url);
  if (!connections) {
    connections = senders.map((sender) => open(url, sender));
    opened.set(url, connections);
  }
  return connections;
}

function send(client: Client, request: PreparedRequest, bearer: Run['bearer']): Promise<number> {
  const { sender, to, method, path, headers, body, jwt } = request;
  const token = bearer === 'jwt' ? jwt : (bearer[sender]?.[to] ?? '');
  return new Promise((resolve, reject) => {
    let status = 0;
    client.dispatch(
      { method, path, headers: [...headers, 'authorization', `Bearer ${token}`], body },
      {
        onConnect: () => undefined,
        onHeaders: (code) => ((status = code), true),
        onData: () => true,
        onComplete: () => resolve(status),
        onError: reject,
      },
    );
  });
}

async function run({ set, url, bearer, atOnce }: Run): Promise<RunResult> {
  // The next one is last.
  const waiting = (sets.get(set) ?? []).toReversed();
  const free = connectionsTo(url);
  const requests = waiting.length;
  const times: number[] = [];
  const failed: Record<number, number> = {};
  const beganMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    let inProgress = 0;
    const sendOn = async (client: Client, request: PreparedRequest, mine: Client[]): Promise<void> => {
      inProgress += 1;
      const sentMs = performance.now();
      const status = await send(client, request, bearer);
      times.push(performance.now() - sentMs);
      if (status < 200 || status > 299) failed[status] = (failed[status] ?? 0) + 1;
      mine.push(client);
      inProgress -= 1;
      next();
    };
    const next = (): void => {
      if (times.length === requests) return resolve();
      if (inProgress === atOnce) return;
      const index = waiting.findLastIndex(({ sender }) => (free[sender]?.length ?? 0) > 0);
      const request = index < 0 ? undefined : waiting.splice(index, 1)[0];
      const mine = request && free[request.sender];
      const client = mine?.pop();
      if (!request || !mine || !client) return;
      sendOn(client, request, mine).catch(reject);
      next();
    };
    next();
  });
  const seconds = (performance.now() - beganMs) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (requests - 1))] ?? 0;
  return { requests, failed, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

process.on('message', (message: LoadMessage) => {
  switch (message.kind) {
    case 'add':
      sets.set(message.set, (sets.get(message.set) ?? []).concat(message.requests));
      return say({ added: message.requests.length });
    case 'forget':
      return void sets.delete(message.set);
    case 'run':
      return void run(message).then(say, (error: unknown) => say({ error: String(error) }));
  }
});
say({ ready: true });
