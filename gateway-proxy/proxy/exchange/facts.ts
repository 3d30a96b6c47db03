import type { Decision } from '#policies/request.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { Workload } from '#security/identity/spiffe.ts';
import type { Transaction } from '#security/identity/transaction-token.ts';
import type { CallerClass } from '#policies/routes.ts';
import type { Route, RouteParams } from '../routes/route-table.ts';

/** A request as received, before anything about it is trusted. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  /** Name, value, name, value, …, as node:http gives them. */
  readonly rawHeaders: readonly string[];
}

/** Who is calling: a workload, or somebody at the public listener. */
export type Caller = Workload | { readonly kind: 'public' };

export const callerClass = (caller: Caller): CallerClass => (caller.kind === 'service' ? caller.name : caller.kind);

/** The facts that checks add, each once; later checks read what earlier ones found. */
export interface Found {
  /** Lower-case names; each occurred once. */
  headers?: ReadonlyMap<string, string>;
  path?: string;
  /** With its question mark; empty if there is no query. */
  query?: string;
  /** Names listed in the Connection header. */
  connectionListed?: ReadonlySet<string>;
  bodyExpected?: boolean;
  route?: Route;
  params?: RouteParams;
  caller?: Caller;
  tokenId?: string;
  /** Of a caller that may act for a tenant only as long as nobody has taken its place: the lease that it acts under. */
  lease?: Lease;
  /** What an API key was exchanged for. */
  keyToken?: string;
  transaction?: Transaction;
  decision?: Decision;
}
