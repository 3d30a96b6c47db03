import type { APIEmbed } from 'discord-api-types/v10';
import type { CommandName } from '#policies/commands.ts';
import type { MenuName } from '#policies/menus.ts';
import type { LibraryPort } from '../../application/library-port.ts';
import type { OnBehalf, PlayerPort } from '../../application/player-port.ts';
import type { PolicyPort } from '../../application/policy-port.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { InEachLanguage, Language } from '#infra/kernel/languages.ts';
import type { Words } from '../language/en.ts';
import type { LayoutPart } from '../views/layout.ts';
import type { OptionsShape, OptionValues, Texts } from './options.ts';

/** Groups commands in the help and for policies that name a category. */
export type Category = 'music' | 'information' | 'library' | 'server';

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
  /** The interaction's id. */
  readonly id: string;
  /** On whose behalf calls are made: the transaction token of this interaction. */
  readonly on: OnBehalf;
  readonly player: PlayerPort;
  readonly library: LibraryPort;
  readonly policy: PolicyPort;
  /** All of the bot's, for the help. */
  readonly commands: readonly Command[];
  readonly options: Values;
  /** In the language of the answer: the server's, or the member's own if only they see it. */
  readonly words: Words;
  /** In the member's own language, for what is refused. */
  readonly ownWords: Words;
}

/** A small file that the member receives with the answer. */
export interface TextFile {
  /** Lower-case letters, digits and dashes, ending in `.json` or `.txt`. */
  readonly name: string;
  /** At most 240,000 bytes as a text in JSON. */
  readonly content: string;
}

/** The answer. If `quiet`, only the member sees it. */
export interface Reply {
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly components?: readonly object[];
  /** In place of content, embeds and components. */
  readonly layout?: readonly LayoutPart[];
  readonly quiet?: boolean;
  /** The message has a menu from which the member may pick, as `Command.pick` does; `over` is shown once time is up. */
  readonly picker?: { readonly over: string };
  /** Only with an answer that only the member sees. */
  readonly file?: TextFile;
  /** Nothing was done; `content` says why, and only the member sees it. */
  readonly refused?: boolean;
}

export interface Choice {
  readonly name: string;
  readonly value: string;
}

/** What Discord shows beside the name of a command. */
export const descriptionIn = ({ texts }: Pick<Command, 'texts'>, language: Language): string =>
  texts[language].description;

/** The name under which members find it in this language. */
export function nameIn({ name, texts, group }: Pick<Command, 'name' | 'texts' | 'group'>, language: Language): string {
  if (language === 'en') return name;
  return group ? `${group[language].name} ${texts[language].name}` : texts[language].name;
}

/** What a member pointed at: the member, or the link in the message, if there is one. */
export interface PointedAt {
  readonly member: Snowflake | undefined;
  readonly link: string | undefined;
}

/** An entry in a menu of Discord's, decided and limited as its command is. */
export interface MenuEntry {
  readonly name: MenuName;
  /** In English, it is the name by which the code knows it. */
  readonly names: Omit<InEachLanguage<string>, 'en'>;
  readonly run: (invocation: Invocation<PointedAt>) => Promise<Reply>;
}

/** A command as a value: everything about it is in one place. */
export interface Command<Shape extends OptionsShape = OptionsShape> {
  /** Of two words: a command of Discord's and its subcommand. */
  readonly name: CommandName;
  readonly texts: Texts;
  /** The command of Discord's that this one is a subcommand of. */
  readonly group?: Texts;
  /** What it says itself, so that all of it can be tested. */
  readonly says?: InEachLanguage<unknown>;
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
  /** Adds what was picked from the menu in its answer, `bw:<name>:<id of the interaction>`; `picked` are values of it. */
  readonly pick?: (invocation: Invocation<{ readonly picked: readonly string[] }>) => Promise<Reply>;
  /** Its entry in Discord's menu of a message or a member (policies/menus.ts). */
  readonly menu?: MenuEntry;
  /** Parses the argument of a button `bw:<name>:<argument>`; without it, the command has no buttons with arguments. */
  readonly fromButton?: (argument: string | undefined) => OptionValues<Shape> | undefined;
}

/** Keeps the types of options and `run` consistent. */
export const command = <const Shape extends OptionsShape>(definition: Command<Shape>): Command<Shape> => definition;
