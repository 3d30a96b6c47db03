import { RateLimitError, type REST } from '@discordjs/rest';
import { WebSocketManager, type CreateWebSocketManagerOptions } from '@discordjs/ws';
import type { APIGatewayBotInfo } from 'discord-api-types/v10';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import type { Clock } from '#infra/kernel/clock.ts';

export interface GatewayInformationOptions {
  readonly rest: REST;
  readonly clock: Clock;
  /** True when the answer is no longer needed. */
  readonly stopped: () => boolean;
  readonly failed: (error: unknown) => void;
}

const longestPauseMs = 30_000;

/**
 * Where the gateway is and how many sessions may still be started (Discord: Gateway, Get Gateway Bot). Discord allows
 * two requests in five seconds, so one response serves for connecting and for identifying. It retries until it has an
 * answer, and never returns once stopped.
 */
export class GatewayInformation {
  readonly #options: GatewayInformationOptions;
  #known: { readonly info: APIGatewayBotInfo; readonly atMs: number } | undefined;

  constructor(options: GatewayInformationOptions) {
    this.#options = options;
  }

  /** The gateway's general address, once known. */
  get url(): string | undefined {
    return this.#known?.info.url;
  }

  async get(maxAgeMs: number): Promise<APIGatewayBotInfo> {
    const { rest, clock, stopped, failed } = this.#options;
    for (let attempt = 1; !stopped(); attempt += 1) {
      if (this.#known && clock.now() - this.#known.atMs <= maxAgeMs) return this.#known.info;
      try {
        const info = (await rest.get('/gateway/bot')) as APIGatewayBotInfo;
        this.#known = { info, atMs: clock.now() };
      } catch (error) {
        if (!stopped()) failed(error);
        await new Promise<void>((resolve) => {
          clock.after(pauseMs(error, attempt), resolve);
        });
      }
    }
    return new Promise(() => undefined);
  }
}

/** Grows from half a second to half a minute, with jitter, so that clients do not retry in step. */
export function pauseMs(error: unknown, attempt: number): number {
  if (error instanceof RateLimitError) return Math.min(Math.max(error.retryAfter, 100), longestPauseMs);
  return backoffDelayMs(attempt, { minMs: 500, maxMs: longestPauseMs });
}

/** The library's manager, fetching the gateway information our way. */
export class Manager extends WebSocketManager {
  readonly #information: GatewayInformation;

  constructor(options: CreateWebSocketManagerOptions, information: GatewayInformation) {
    super(options);
    this.#information = information;
  }

  override fetchGatewayInformation(): Promise<APIGatewayBotInfo> {
    return this.#information.get(Number.POSITIVE_INFINITY);
  }
}
