import type { ConnectionOptions } from 'node:tls';
import { Pool, type Dispatcher } from 'undici';
import type { TlsMaterial } from '#infra/http/service.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { grantedServices, service, spiffeId, type GrantedService } from '#security/identity/spiffe.ts';
import { connectWorkload } from '#security/identity/workload-connection.ts';
import { Breaker, type BreakerSettings } from './breaker.ts';
import type { Route, RouteParams } from '../routes/route-table.ts';

/** Where requests go: connections, a breaker, and the credential that only the proxy knows. */
export interface Upstream {
  /** 'audio', 'lavalink:main', … */
  readonly name: string;
  readonly breaker: Breaker;
  /** Services get a grant; Lavalink gets its password, which no service holds. */
  readonly password?: string;
  /** Streams have their own connections, so that they take none from requests. */
  dispatcher(kind: 'request' | 'stream'): Dispatcher;
}

export interface Upstreams extends AsyncDisposable {
  readonly all: readonly Upstream[];
  /** Those that get grants. */
  readonly services: readonly GrantedService[];
  /** Undefined for a Lavalink node that is not in the settings. */
  find(route: Route, params: RouteParams): Upstream | undefined;
}

export interface LavalinkNode {
  readonly id: string;
  readonly url: string;
  readonly password: string;
  /** PEM of the authority that signed the node's certificate, if it was not a public one. */
  readonly trustPem?: string | undefined;
}

export interface UpstreamOptions {
  readonly installation: InstallationId;
  readonly tls: TlsMaterial;
  readonly clock: Clock;
  readonly services: Readonly<Partial<Record<GrantedService, { readonly url: string }>>>;
  readonly lavalink: readonly LavalinkNode[];
  readonly breaker?: BreakerSettings;
}

/** `limits.inFlight` and `limits.streams` bound what is open; the pools only must not be narrower. */
const maxConnections = 100_000;

export function openUpstreams(options: UpstreamOptions): Upstreams {
  const stack = new AsyncDisposableStack();
  const byName = new Map<string, Upstream>();
  for (const name of grantedServices) {
    const url = options.services[name]?.url;
    if (url !== undefined) byName.set(name, openService(name, url, options, stack));
  }
  for (const node of options.lavalink) byName.set(`lavalink:${node.id}`, openNode(node, options, stack));
  return {
    all: [...byName.values()],
    services: grantedServices.filter((name) => byName.has(name)),
    find: (route, params) => byName.get(route.to === 'lavalink' ? `lavalink:${params.node}` : route.to),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function openService(
  name: GrantedService,
  url: string,
  { installation, tls, clock, breaker }: UpstreamOptions,
  stack: AsyncDisposableStack,
): Upstream {
  const expectedSpiffeId = spiffeId(installation, service(name));
  const open = () => stack.use(connectWorkload({ url, expectedSpiffeId, tls, clock, connections: maxConnections }));
  const connections = { request: open(), stream: open() };
  return {
    name,
    breaker: stack.use(new Breaker(name, breaker)),
    dispatcher: (kind) => connections[kind].dispatcher(),
  };
}

/** A node has no identity of the installation: it is known by its address, and by TLS if its address is https. */
function openNode(node: LavalinkNode, { breaker }: UpstreamOptions, stack: AsyncDisposableStack): Upstream {
  const tls: ConnectionOptions = node.trustPem === undefined ? {} : { ca: node.trustPem };
  const pool = stack.adopt(
    new Pool(new URL(node.url).origin, {
      pipelining: 1,
      headersTimeout: 30_000,
      bodyTimeout: 60_000,
      keepAliveTimeout: 30_000,
      connect: { ...tls, timeout: 5_000 },
    }),
    (opened) => opened.destroy(),
  );
  return {
    name: `lavalink:${node.id}`,
    password: node.password,
    breaker: stack.use(new Breaker(`lavalink:${node.id}`, breaker)),
    dispatcher: () => pool,
  };
}
