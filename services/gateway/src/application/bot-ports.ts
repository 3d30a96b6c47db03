import type { Client } from 'discord.js';
import type { Clock } from '#infra/kernel/clock.ts';
import type { PlayerPort } from './player-port.ts';

/** What the bot writes to its log: one line an event, relayed, bounded and redacted by its supervisor. */
export interface BotLogger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** The transaction tokens that came with interactions, for as long as Discord lets one answer them (15 minutes). */
export interface Transactions {
  /** Undefined for an interaction that was never seen or is older than 15 minutes. */
  transactionOf(interactionId: string): string | undefined;
}

/** Everything that the bot's commands are built from. */
export interface BotPorts {
  /** Logged in and connected by the shell; its REST calls and gateway go through the door. */
  readonly client: Client;
  readonly audio: PlayerPort;
  readonly transactions: Transactions;
  readonly logger: BotLogger;
  readonly clock: Clock;
  /** Aborted when the bot stops. */
  readonly signal: AbortSignal;
}
