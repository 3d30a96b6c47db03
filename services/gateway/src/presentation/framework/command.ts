import type { APIEmbed } from 'discord-api-types/v10';
import type { CommandName } from '#policies/commands.ts';
import type { LibraryPort } from '../../application/library-port.ts';
import type { OnBehalf, PlayerPort } from '../../application/player-port.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { OptionsShape, OptionValues } from './options.ts';

/** Groups commands in the help and for policies that name a category. */
export type Category = 'music' | 'information' | 'library';

/** At most `uses` in `windowSec`, counted per member or for the whole guild. */
export interface RateLimit {
  readonly uses: number;
  readonly windowSec: number;
  readonly per: 'user' | 'guild';
}

/** Who invoked a command, where, and what it works with. */
export interface Invocation<Values> {
  readonly guild: Snowflake;
  readonly channel: Snowflake;
  readonly user: Snowflake;
  /** On whose behalf calls are made: the transaction token of this interaction. */
  readonly on: OnBehalf;
  readonly player: PlayerPort;
  readonly library: LibraryPort;
  /** All of the bot's, for the help. */
  readonly commands: readonly Command[];
  readonly options: Values;
}

/** The answer. If `quiet`, only the member sees it. */
export interface Reply {
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly components?: readonly object[];
  readonly quiet?: boolean;
  /** Nothing was done; `content` says why, and only the member sees it. */
  readonly refused?: boolean;
}

export interface Choice {
  readonly name: string;
  readonly value: string;
}

/** A command as a value: everything about it is in one place. */
export interface Command<Shape extends OptionsShape = OptionsShape> {
  /** Of two words: a command of Discord's and its subcommand. */
  readonly name: CommandName;
  readonly description: string;
  /** Texts by Discord locale (https://discord.com/developers/docs/reference#locales). */
  readonly localisations?: Readonly<Record<string, string>>;
  readonly category: Category;
  readonly rateLimit: RateLimit;
  readonly options: Shape;
  /** Whatever comes of it, only the member sees it. */
  readonly quiet?: boolean;
  readonly run: (invocation: Invocation<OptionValues<Shape>>) => Promise<Reply>;
  /** Choices for the option that is being typed; at most 25 are shown. */
  readonly complete?: (
    invocation: Omit<Invocation<unknown>, 'options'>,
    typed: string,
    option: string,
  ) => Promise<readonly Choice[]>;
  /** Parses the argument of a button `bw:<name>:<argument>`; without it, the command has no buttons with arguments. */
  readonly fromButton?: (argument: string | undefined) => OptionValues<Shape> | undefined;
}

/** Keeps the types of options and `run` consistent. */
export const command = <const Shape extends OptionsShape>(definition: Command<Shape>): Command<Shape> => definition;
