/** IPC messages between the bench's processes, including keys and tokens, which never go through argv or disk. */

export interface Identity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly trustBundlePem: string;
}

/** Where requests go; Lavalink has no identity. */
export const targets = ['audio', 'discord-edge', 'lavalink'] as const;
export type BenchTarget = (typeof targets)[number];
export type UpstreamUrls = Readonly<Record<BenchTarget, string>>;

/** Somebody who sends requests, on up to this many connections. */
export interface Sender {
  readonly identity: Identity;
  readonly connections: number;
}

/** The first message to each child. */
export type Start =
  | { readonly role: 'upstream'; readonly identities: Readonly<Record<Exclude<BenchTarget, 'lavalink'>, Identity>> }
  | {
      readonly role: 'bare-proxy';
      readonly identity: Identity;
      readonly upstreams: UpstreamUrls;
      readonly spiffeIds: Readonly<Record<Exclude<BenchTarget, 'lavalink'>, string>>;
    }
  | { readonly role: 'load'; readonly senders: readonly Sender[]; readonly proxySpiffeId: string };

/** A request whose tokens, apart from the call token, were made before the clock started. */
export interface PreparedRequest {
  /** Index of its sender. */
  readonly sender: number;
  readonly to: BenchTarget;
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, without Authorization. */
  readonly headers: readonly string[];
  readonly body: string | null;
  /** What HAProxy gets for Authorization: a token of this request alone. */
  readonly jwt: string;
}

/** By sender: its current call token for each destination. */
export type CallTokens = readonly Readonly<Partial<Record<BenchTarget, string>>>[];

/** Requests of a named set are added in chunks, sent as often as there are subjects, and forgotten. */
export type LoadMessage =
  | { readonly kind: 'add'; readonly set: string; readonly requests: readonly PreparedRequest[] }
  | { readonly kind: 'forget'; readonly set: string }
  | {
      readonly kind: 'run';
      readonly set: string;
      readonly url: string;
      /** What Authorization carries: call tokens, or each request's own `jwt`. */
      readonly bearer: CallTokens | 'jwt';
      /** How many requests are in progress at a time. */
      readonly atOnce: number;
    };

export interface RunResult {
  readonly requests: number;
  /** How many responses other than 2xx, by status. */
  readonly failed: Readonly<Record<number, number>>;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Resolves with the first message that this child receives. */
export const started = <Role extends Start['role']>(): Promise<Extract<Start, { role: Role }>> =>
  new Promise((resolve) => process.once('message', (message) => resolve(message as Extract<Start, { role: Role }>)));

export const say = (message: unknown): void => void process.send?.(message);

/** Exits with the bench. */
export const followParent = (): void => void process.on('disconnect', () => process.exit(0));
