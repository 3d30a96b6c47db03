import type { Socket } from 'node:net';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { FromBot, ToBot } from '#tenants/instance-protocol/door.ts';

/** How a bot's process ended. */
export interface BotExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** In words when the supervisor itself ended it, or it could not be started. */
  readonly because?: string;
  /** It did not fail by its own doing: another takes its place, and that is no step towards giving it up. */
  readonly replaced?: true;
}

export interface KillOptions {
  /** See `BotExit.replaced`. */
  readonly replace?: boolean;
}

export interface BotProcessEvents {
  /** A message that has the shape of the protocol; anything else ends the bot. */
  message(message: FromBot): void;
  /** Once, after which nothing else comes. */
  exited(exit: BotExit): void;
}

/** A bot that runs. */
export interface BotProcess {
  /** Undefined where the bot is not a process of this machine. */
  readonly pid: number | undefined;
  /** The socket, when given, belongs to the bot from then on. Nothing happens once the bot is gone. */
  send(message: ToBot, socket?: Socket): void;
  /** Asks the bot to stop and ends it 3 s later; `exited` follows. */
  stop(): void;
  /** Ends it at once; `because` completes "The bot …" and comes with `exited`. */
  kill(because: string, options?: KillOptions): void;
}

/** Where bots run: child processes on one machine, or whatever an adapter makes of it. */
export interface Launcher {
  /** The layers of confinement in force for what it launches, by name. */
  readonly layers: readonly string[];
  launch(tenant: TenantId, events: BotProcessEvents): BotProcess;
}
