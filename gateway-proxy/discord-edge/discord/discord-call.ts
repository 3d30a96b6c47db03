/** A call to Discord's REST API. */
export interface DiscordCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Discord's path after /api/v10, already checked. */
  readonly path: string;
  readonly query?: URLSearchParams | undefined;
  /** JSON, as received or as a value. */
  readonly body?: unknown;
  /** Whether the bot's token is sent; a path with an interaction's own token needs none. */
  readonly authorized: boolean;
  readonly signal?: AbortSignal | undefined;
}
