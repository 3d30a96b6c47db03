import type { GatewaySendPayload } from 'discord-api-types/v10';
import { platformFault } from '#infra/kernel/errors.ts';

export interface GatewayCommandsPorts {
  readonly isConnected: () => boolean;
  /** Waits for the library's own limit of 120 in a minute. */
  readonly send: (payload: GatewaySendPayload) => Promise<void>;
}

const mostUnsent = 50;

/** What is sent over a session, such as voice state updates: a bounded number of commands may wait. */
export class GatewayCommands {
  readonly #ports: GatewayCommandsPorts;
  #unsent = 0;

  constructor(ports: GatewayCommandsPorts) {
    this.#ports = ports;
  }

  /** @throws session.not-connected, session.busy (429) */
  async send(payload: GatewaySendPayload): Promise<void> {
    if (!this.#ports.isConnected())
      throw platformFault('session.not-connected', 'The bot is currently not connected to Discord.');
    if (this.#unsent >= mostUnsent) {
      const message = "Too many messages are being sent to Discord's gateway (limit: 120 per minute).";
      throw platformFault('session.busy', message, undefined, 429);
    }
    this.#unsent += 1;
    try {
      await this.#ports.send(payload);
    } finally {
      this.#unsent -= 1;
    }
  }
}
