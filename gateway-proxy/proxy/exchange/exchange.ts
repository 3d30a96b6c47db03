import type { TenantId } from '#infra/kernel/ids.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { Decision } from '#policies/request.ts';
import type { Peer } from '#security/identity/peer.ts';
import type { Transaction } from '#security/identity/transaction-token.ts';
import { visitorOf } from '#infra/http/client-address.ts';
import type { Denial } from './denials.ts';
import type { Failure } from './failure.ts';
import type { Caller, Found, RawRequest } from './facts.ts';
import type { Slot } from '../limits/slots.ts';
import type { Route, RouteParams } from '../routes/route-table.ts';

/** One request on its way through the checks. */
export class Exchange {
  readonly raw: RawRequest;
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly peer: Peer | undefined;
  readonly remoteAddress: string;
  readonly wantsUpgrade: boolean;
  readonly #endings: (() => void)[] = [];
  #ended = false;
  #body: Promise<Buffer | Denial> | undefined;
  #readBody: () => Promise<Buffer | Denial> = async () => Buffer.alloc(0);

  headers: ReadonlyMap<string, string> = noHeaders;
  path = '';
  query = '';
  connectionListed: ReadonlySet<string> = noNames;
  bodyExpected = false;
  route: Route | undefined;
  params: RouteParams = {};
  caller: Caller | undefined;
  tokenId: string | undefined;
  lease: Lease | undefined;
  keyToken: string | undefined;
  transaction: Transaction | undefined;
  decision: Decision | undefined;
  /** Why it was not done although it was admitted, once known. */
  failure: Failure | undefined;
  /** To be called once the upstream has done it, before the caller has the whole answer; never rejects. */
  whenDone: (() => Promise<void>) | undefined;
  /** The slot of a request at the public listener, once it has one. */
  slot: Slot | undefined;
  #visitor: string | undefined;

  constructor(
    raw: RawRequest,
    origin: {
      requestId: string;
      nowMs: number;
      peer?: Peer | undefined;
      remoteAddress: string;
      wantsUpgrade?: boolean;
    },
  ) {
    this.raw = raw;
    this.requestId = origin.requestId;
    this.startedAtMs = origin.nowMs;
    this.peer = origin.peer;
    this.remoteAddress = origin.remoteAddress;
    this.wantsUpgrade = origin.wantsUpgrade ?? false;
  }

  /** The tenant that this concerns: the one in the path, else the caller's own. */
  get tenant(): TenantId | undefined {
    if (this.params.tenant) return this.params.tenant;
    const workload = this.caller ?? this.peer?.workload;
    return workload?.kind === 'bot' ? workload.tenant : undefined;
  }

  /** The client that the request counts against. */
  get visitor(): string {
    this.#visitor ??= visitorOf(this.remoteAddress);
    return this.#visitor;
  }

  add(found: Found): void {
    const { headers, route, caller, transaction, decision } = found;
    if (headers) {
      this.headers = headers;
      this.path = found.path ?? this.path;
      this.query = found.query ?? this.query;
      this.connectionListed = found.connectionListed ?? this.connectionListed;
      this.bodyExpected = found.bodyExpected ?? this.bodyExpected;
    }
    if (route) {
      this.route = route;
      this.params = found.params ?? this.params;
    }
    if (caller) {
      this.caller = caller;
      this.tokenId = found.tokenId;
      this.lease = found.lease;
      this.keyToken = found.keyToken;
    }
    if (transaction) this.transaction = transaction;
    if (decision) this.decision = decision;
  }

  /** The whole body, read once, when first requested: a check reads it before it is forwarded. */
  body(): Promise<Buffer | Denial> {
    this.#body ??= this.#readBody();
    return this.#body;
  }

  bodyFrom(read: () => Promise<Buffer | Denial>): void {
    this.#readBody = read;
  }

  /** Runs when the exchange ends, in whatever way; permits are released here. */
  onEnd(run: () => void): void {
    if (this.#ended) run();
    else this.#endings.push(run);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const run of this.#endings) run();
  }
}

/** An exchange whose address is in the table. */
export type Routed = Exchange & { readonly route: Route };
/** It is known who calls. */
export type Identified = Routed & { readonly caller: Caller };
/** It was decided that it is allowed. */
export type Admitted = Identified & { readonly decision: Decision };

const noHeaders: ReadonlyMap<string, string> = new Map();
const noNames: ReadonlySet<string> = new Set();
