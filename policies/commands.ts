import type { Action } from '#security/identity/actions.ts';

/**
 * What each command or button of the music bot may lead to. The edge, as witness, puts these actions into the
 * transaction token, so a `/queue` cannot become a `/stop`. A command that is not listed leads to nothing.
 */
export const commandScopes = {
  play: ['player.enqueue', 'player.search', 'player.read'],
  pause: ['player.pause', 'player.read'],
  resume: ['player.resume', 'player.read'],
  skip: ['player.skip', 'player.read'],
  stop: ['player.stop', 'player.read'],
  queue: ['player.read'],
  nowplaying: ['player.read'],
  volume: ['player.volume', 'player.read'],
} as const satisfies Record<string, readonly Action[]>;

export type CommandName = keyof typeof commandScopes;
type ScopeOf<Name extends CommandName> = (typeof commandScopes)[Name][number];

/**
 * Which of a command's options each of its calls carries: parameter of the call, name of the option. gateway-proxy
 * refuses a call with any other value, and any parameter of an action that is not listed here.
 */
export const commandParameters = {
  play: { 'player.enqueue': { query: 'query' }, 'player.search': { query: 'query' } },
  pause: {},
  resume: {},
  skip: {},
  stop: {},
  queue: {},
  nowplaying: {},
  volume: { 'player.volume': { percent: 'percent' } },
} as const satisfies {
  readonly [Name in CommandName]: { readonly [Called in ScopeOf<Name>]?: Readonly<Record<string, string>> };
};

export const commandNames = Object.keys(commandScopes) as CommandName[];

export const isCommandName = (text: string): text is CommandName => Object.hasOwn(commandScopes, text);

/**
 * The commands that a guild with DJs reserves for them: everything that affects what others hear, except adding to the
 * queue.
 */
export const djCommands = ['pause', 'resume', 'skip', 'stop', 'volume'] as const satisfies readonly CommandName[];

/** A button's or select's custom id is `bw:<command>` or `bw:<command>:<argument>`; it counts as that command. */
export function commandOfCustomId(customId: string): CommandName | undefined {
  const [prefix, name] = customId.split(':', 2);
  return prefix === 'bw' && name !== undefined && isCommandName(name) ? name : undefined;
}
