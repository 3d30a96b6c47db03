import type { ConnectionOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { Pool, type Dispatcher } from 'undici';
import type { Addresses } from '#infra/http/addresses.ts';
import type { TlsMaterial } from '#infra/http/service.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { FollowedLeases } from '#infra/leases/followed-leases.ts';
import { hasReplicas, leasedParts, type LeasedPart } from '#infra/leases/lease.ts';
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
  /** Of a part with several replicas, one for each: they come and go. */
  readonly all: readonly Upstream[];
  /** The Lavalink nodes that operators have added. */
  readonly added: readonly Upstream[];
  /** Those that get grants. */
  readonly services: readonly GrantedService[];
  /**
   * Undefined for a Lavalink node that is not in the settings, and for a replica that does not run. Of a part with
   * several replicas it is the one that the path names, the one that holds the tenant's lease, or any for what belongs
   * to no replica.
   */
  find(route: Route, params: RouteParams): Upstream | undefined;
  /** Besides those of the settings, which keep their ids. Connections to nodes that are gone, or elsewhere now, end. */
  setNodes(nodes: readonly LavalinkNode[]): void;
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
  /** Of a part without leases any address will do; of the others, replicas are found by their leases. */
  readonly services: Readonly<Partial<Record<GrantedService, Addresses>>>;
  readonly lavalink: readonly LavalinkNode[];
  /** Of the parts of which several replicas may run. */
  readonly leases: Readonly<
    Record<LeasedPart, Pick<FollowedLeases, 'origins' | 'originOf' | 'replicas' | 'onChanged'>>
  >;
  readonly breaker?: BreakerSettings;
}

/** `limits.inFlight` and `limits.streams` bound what is open; the pools only must not be narrower. */
const maxConnections = 100_000;

export function openUpstreams(options: UpstreamOptions): Upstreams {
  const stack = new AsyncDisposableStack();
  const byName = new Map<string, Upstream>();
  for (const name of grantedServices) {
    const addresses = options.services[name];
    if (!addresses) continue;
    // Not every replica of a part with leases will do.
    const own = hasReplicas(name) ? { url: addresses.url } : addresses;
    byName.set(name, openService(name, own, options, stack));
  }
  for (const node of options.lavalink) byName.set(`lavalink:${node.id}`, openNode(node, options, stack));
  const added = stack.use(new AddedNodes(options));
  const replicas = new Map<LeasedPart, Replicas>();
  for (const name of leasedParts) {
    const first = byName.get(name);
    const url = options.services[name]?.url;
    if (first && url !== undefined) replicas.set(name, stack.use(new Replicas(name, { url, first }, options)));
  }
  return {
    get all() {
      return [...byName.values(), ...added.all, ...[...replicas.values()].flatMap((each) => each.others)];
    },
    get added() {
      return added.all;
    },
    services: grantedServices.filter((name) => byName.has(name)),
    find(route, params) {
      if (route.to === 'lavalink') return byName.get(`lavalink:${params.node}`) ?? added.find(params.node);
      const several = hasReplicas(route.to) ? replicas.get(route.to) : undefined;
      return several ? several.find(params) : byName.get(route.to);
    },
    setNodes: (nodes) => added.set(nodes.filter(({ id }) => !byName.has(`lavalink:${id}`))),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The nodes that operators have added: they come and go. */
class AddedNodes implements AsyncDisposable {
  readonly #options: UpstreamOptions;
  readonly #nodes = new Map<
    string,
    { readonly node: LavalinkNode; readonly upstream: Upstream; readonly stack: AsyncDisposableStack }
  >();

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  get all(): readonly Upstream[] {
    return [...this.#nodes.values()].map(({ upstream }) => upstream);
  }

  find(id: string | undefined): Upstream | undefined {
    return id === undefined ? undefined : this.#nodes.get(id)?.upstream;
  }

  set(nodes: readonly LavalinkNode[]): void {
    const wanted = new Map(nodes.map((node) => [node.id, node]));
    for (const [id, { node, stack }] of this.#nodes) {
      if (isDeepStrictEqual(node, wanted.get(id))) continue;
      this.#nodes.delete(id);
      void stack.disposeAsync();
    }
    for (const node of wanted.values()) {
      if (this.#nodes.has(node.id)) continue;
      const stack = new AsyncDisposableStack();
      this.#nodes.set(node.id, { node, upstream: openNode(node, this.#options, stack), stack });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(({ stack }) => stack.disposeAsync()));
  }
}

/** The replicas of a part, found by their addresses. The one in the settings is always there, the others while they run. */
class Replicas implements AsyncDisposable {
  readonly #name: LeasedPart;
  readonly #options: UpstreamOptions;
  readonly #first: Upstream;
  readonly #firstOrigin: string;
  readonly #others = new Map<string, { readonly upstream: Upstream; readonly stack: AsyncDisposableStack }>();
  #known: ReadonlyMap<string, string> = new Map();
  readonly #unfollow: () => void;

  constructor(
    name: LeasedPart,
    { url, first }: { readonly url: string; readonly first: Upstream },
    options: UpstreamOptions,
  ) {
    this.#name = name;
    this.#options = options;
    this.#first = first;
    this.#firstOrigin = new URL(url).origin;
    this.#unfollow = options.leases[name].onChanged((tenant) => tenant === undefined && this.#compare());
    this.#compare();
  }

  get others(): readonly Upstream[] {
    return [...this.#others.values()].map(({ upstream }) => upstream);
  }

  find({ tenant, replica }: RouteParams): Upstream | undefined {
    const leases = this.#options.leases[this.#name];
    if (replica !== undefined) return this.#runningAt(leases.replicas.get(replica));
    const holder = tenant === undefined ? undefined : leases.originOf(tenant);
    if (holder !== undefined) return this.#at(holder);
    return leases.origins.includes(this.#firstOrigin) ? this.#first : this.#at(leases.origins[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unfollow();
    await Promise.all([...this.#others.values()].map(({ stack }) => stack.disposeAsync()));
  }

  #at(origin: string | undefined): Upstream {
    return this.#runningAt(origin) ?? this.#first;
  }

  #runningAt(origin: string | undefined): Upstream | undefined {
    if (origin === undefined) return undefined;
    return origin === this.#firstOrigin ? this.#first : this.#others.get(origin)?.upstream;
  }

  /** A connection to a replica that is gone ends: nobody answers there any more, or somebody who is not the holder. */
  #compare(): void {
    const { origins: taking, replicas } = this.#options.leases[this.#name];
    const origins = new Set(taking);
    for (const [origin, { stack }] of this.#others) {
      if (origins.has(origin)) continue;
      this.#others.delete(origin);
      void stack.disposeAsync();
    }
    for (const origin of origins) {
      if (origin === this.#firstOrigin || this.#others.has(origin)) continue;
      const stack = new AsyncDisposableStack();
      const name = `${this.#name}:${new URL(origin).host}`;
      this.#others.set(origin, {
        upstream: openService(this.#name, { url: origin }, this.#options, stack, name),
        stack,
      });
    }
    // A process that has just started would be refused for as long as the breaker stays open for the one before it.
    for (const [id, origin] of replicas) if (!this.#known.has(id)) this.#runningAt(origin)?.breaker.startOver();
    this.#known = replicas;
  }
}

function openService(
  name: GrantedService,
  addresses: Addresses,
  { installation, tls, clock, breaker }: UpstreamOptions,
  stack: AsyncDisposableStack,
  upstreamName: string = name,
): Upstream {
  const expectedSpiffeId = spiffeId(installation, service(name));
  const open = () =>
    stack.use(connectWorkload({ ...addresses, expectedSpiffeId, tls, clock, connections: maxConnections }));
  const connections = { request: open(), stream: open() };
  return {
    name: upstreamName,
    breaker: stack.use(new Breaker(upstreamName, breaker)),
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
