import type { Socket } from 'node:net';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { FromBot, ToBot } from '#tenants/instance-protocol/door.ts';

/** How a bot's process ended. */
export interface BotExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** In words, if the supervisor itself stopped it or it could not be started. */
  readonly because?: string;
  /** It did not fail by its own doing: it is replaced, and that does not count as a crash. */
  readonly replaced?: true;
}

export interface KillOptions {
  /** See `BotExit.replaced`. */
  readonly replace?: boolean;
}

export interface BotProcessEvents {
  /** A message in the form of the protocol; anything else ends the bot. */
  message(message: FromBot): void;
  /** Called once, after which nothing else follows. */
  exited(exit: BotExit): void;
}

/** A running bot. */
export interface BotProcess {
  /** Undefined if the bot is not a process of this machine. */
  readonly pid: number | undefined;
  /** A socket, if given, then belongs to the bot. Does nothing once the bot is gone. */
  send(message: ToBot, socket?: Socket): void;
  /** Asks the bot to stop and kills it 3 s later; `exited` follows. */
  stop(): void;
  /** Kills it at once; `because` completes "The bot …" and is passed to `exited`. */
  kill(because: string, options?: KillOptions): void;
}

/** Where bots run: as child processes on one machine, or as an adapter decides. */
export interface Launcher {
  /** The layers of confinement in force for what it launches, by name. */
  readonly layers: readonly string[];
  launch(tenant: TenantId, events: BotProcessEvents): BotProcess;
}
