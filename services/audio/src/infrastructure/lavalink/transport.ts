import type { WebSocket } from 'ws';
import type { TenantId } from '#infra/kernel/ids.ts';

/** Which tenant's connection to which node. */
export interface NodeAddress {
  readonly tenant: TenantId;
  readonly node: string;
  /** Of the lease under which this process acts for the tenant: an order with an earlier one is refused. */
  readonly fencingToken: number;
}

export interface NodeRequest {
  readonly method: string;
  /** With query, from `/v4/` on. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Until the response headers. */
  readonly timeoutMs: number;
}

export interface NodeAnswer {
  readonly status: number;
  /** Empty if there is none. */
  readonly contentType: string;
  readonly body: string;
}

/**
 * The path to a node: what lies between (identity, the proxy, the node's password) is up to the adapter. `request`
 * resolves with any response of the node and rejects only if there was none.
 */
export interface LavalinkTransport {
  request(address: NodeAddress, request: NodeRequest): Promise<NodeAnswer>;
  /** A socket that is about to open; `headers` are Lavalink's own (User-Id, Client-Name, Session-Id). */
  connect(address: NodeAddress, headers: Readonly<Record<string, string>>): Promise<WebSocket>;
}

/** Larger responses are given up: a playlist of 10,000 tracks with long titles is half of it. */
export const maxAnswerBytes = 24 * 1024 * 1024;
/** Larger messages end a node's socket. */
export const maxMessageBytes = 1024 * 1024;
export const handshakeTimeoutMs = 5_000;
