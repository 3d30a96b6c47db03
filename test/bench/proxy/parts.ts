/** IPC messages between the bench's processes, including keys and tokens, which never go through argv or disk. */

export interface Identity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly trustBundlePem: string;
}

/** The first message to each child. */
export type Start =
  | { readonly role: 'upstream'; readonly identity: Identity }
  | {
      readonly role: 'bare-proxy';
      readonly identity: Identity;
      readonly upstreamUrl: string;
      readonly upstreamSpiffeId: string;
    }
  | { readonly role: 'load'; readonly identity: Identity; readonly proxySpiffeId: string };

/** One run of the load generator. */
export interface Run {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly requests: number;
}

export interface RunResult {
  readonly requests: number;
  /** Responses other than 2xx. */
  readonly failed: number;
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
