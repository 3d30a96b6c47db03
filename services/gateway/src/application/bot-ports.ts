import type { Client } from 'discord.js';
import type { Clock } from '#infra/kernel/clock.ts';
import type { LibraryPort } from './library-port.ts';
import type { PlayerPort } from './player-port.ts';
import type { PolicyPort } from './policy-port.ts';

/** The bot's log: one line per event, relayed, bounded and redacted by its supervisor. */
export interface BotLogger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** The transaction tokens that came with interactions, for as long as Discord lets them be answered (15 minutes). */
export interface Transactions {
  /** Undefined for an interaction that is unknown or older than 15 minutes. */
  transactionOf(interactionId: string): string | undefined;
  /** This bot has answered it, or found that nobody waits for an answer any more. */
  ended(interactionId: string): void;
}

/** Everything that the bot's commands are built from. */
export interface BotPorts {
  /** Logged in and connected by main.ts; its REST calls and gateway go through the door. */
  readonly client: Client;
  readonly audio: PlayerPort;
  readonly library: LibraryPort;
  readonly policy: PolicyPort;
  readonly transactions: Transactions;
  readonly logger: BotLogger;
  readonly clock: Clock;
  /** Aborted when the bot stops. */
  readonly signal: AbortSignal;
}
