import { Client } from 'undici';
import { workloadTls } from '#security/identity/workload-connection.ts';
import { followParent, say, started, type Run, type RunResult } from './parts.ts';

/** The load generator: a number of connections, each sending one request after another, until all are done. */
followParent();
const { identity, proxySpiffeId } = await started<'load'>();
const { certificatePem: cert, privateKeyPem: key, trustBundlePem: ca } = identity;
const kept = new Map<string, Client[]>();

function clientsFor({ url, connections }: Run): Client[] {
  const known = kept.get(url) ?? [];
  while (known.length < connections) {
    known.push(
      new Client(url, {
        pipelining: 1,
        connect: { ...workloadTls(ca, proxySpiffeId), cert, key, maxCachedSessions: 0 },
      }),
    );
  }
  kept.set(url, known);
  return known;
}

async function run(load: Run): Promise<RunResult> {
  const { method, path, headers, requests } = load;
  const flat = Object.entries(headers).flat();
  const times = new Float64Array(requests);
  let next = 0;
  let failed = 0;
  const once = (client: Client): Promise<number> =>
    new Promise((resolve, reject) => {
      let status = 0;
      client.dispatch(
        { method, path, headers: flat, body: method === 'POST' ? '{}' : null },
        {
          onConnect: () => undefined,
          onHeaders: (code) => ((status = code), true),
          onData: () => true,
          onComplete: () => resolve(status),
          onError: reject,
        },
      );
    });
  const beganMs = performance.now();
  await Promise.all(
    clientsFor(load).map(async (client) => {
      while (next < requests) {
        const index = next++;
        const sentMs = performance.now();
        const status = await once(client);
        times[index] = performance.now() - sentMs;
        if (status < 200 || status > 299) failed += 1;
      }
    }),
  );
  const seconds = (performance.now() - beganMs) / 1000;
  times.sort();
  const at = (share: number) => times[Math.floor(share * (requests - 1))] ?? 0;
  return { requests, failed, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

process.on('message', (message) => {
  run(message as Run).then(say, (error: unknown) => say({ error: String(error) }));
});
say({ ready: true });
