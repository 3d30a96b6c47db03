import type { WebSocket } from 'ws';
import type { TenantId } from '#infra/kernel/ids.ts';

/** Which tenant's connection to which node. */
export interface NodeAddress {
  readonly tenant: TenantId;
  readonly node: string;
}

export interface NodeRequest {
  readonly method: string;
  /** With query, from `/v4/` on. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Until the answer's headers. */
  readonly timeoutMs: number;
}

export interface NodeAnswer {
  readonly status: number;
  /** Empty where none is said. */
  readonly contentType: string;
  readonly body: string;
}

/**
 * The way to a node: what lies between (identity, the proxy, the node's password) is the adapter's business. `request`
 * resolves with any answer of the node's and rejects only when there was none.
 */
export interface LavalinkTransport {
  request(address: NodeAddress, request: NodeRequest): Promise<NodeAnswer>;
  /** A socket that is about to open; `headers` are Lavalink's own (User-Id, Client-Name, Session-Id). */
  connect(address: NodeAddress, headers: Readonly<Record<string, string>>): Promise<WebSocket>;
}

/** Answers over this size are given up on: a playlist of 500 tracks is a tenth of it. */
export const maxAnswerBytes = 8 * 1024 * 1024;
/** Messages over this size end a node's socket. */
export const maxMessageBytes = 1024 * 1024;
export const handshakeTimeoutMs = 5_000;
