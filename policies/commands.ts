import type { Action } from '#security/identity/actions.ts';

/**
 * The commands that a guild's policy names. Every other command goes with one of them, so that a policy stays small and
 * keeps its meaning when commands are added: whoever may not `/skip` may not `/seek` either. `move` stands for changing
 * the order of the queue and removing other members' tracks.
 */
export const ruledCommands = [
  'play',
  'pause',
  'resume',
  'skip',
  'stop',
  'queue',
  'nowplaying',
  'volume',
  'move',
] as const satisfies readonly string[];
export type RuledCommand = (typeof ruledCommands)[number];

/** What a policy can name instead of each of these commands; every command is in one. */
export const commandCategories = {
  adding: ['play'],
  playback: ['pause', 'resume', 'skip', 'stop'],
  sound: ['volume'],
  order: ['move'],
  viewing: ['queue', 'nowplaying'],
} as const satisfies Readonly<Record<string, readonly RuledCommand[]>>;
export type CommandCategory = keyof typeof commandCategories;
/** What a list of commands in a policy may contain. */
export type NamedInPolicy = RuledCommand | CommandCategory;

export const categoryNames = Object.keys(commandCategories) as [CommandCategory, ...CommandCategory[]];

/** The commands that a list of a policy means: what it names, and those of the categories that it names. */
export const commandsIn = (named: readonly NamedInPolicy[]): readonly RuledCommand[] =>
  named.flatMap((name) => (isCategory(name) ? commandCategories[name] : name));

const isCategory = (name: NamedInPolicy): name is CommandCategory => Object.hasOwn(commandCategories, name);

interface Definition<Scope extends readonly [Action, ...Action[]]> {
  readonly ruledBy: Ruled;
  readonly scope: Scope;
  readonly parameters: { readonly [Called in Scope[number]]?: Parameters };
}

/** By parameter, the option whose value it has; of several, the first that was entered. */
type Parameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * The commands whose rules apply: each must allow it. `manage` stands for managing the server at Discord, which no policy
 * can grant.
 */
type Ruled = readonly [RuledCommand, ...(RuledCommand | 'manage')[]];

/** What a member picks from a menu of choices counts as an option of this name. */
export const picked = 'picked';

/** What to play is named, or attached. */
const queryOrFile = ['query', 'file'];

/** A command that a policy decides as `ruledBy`, leading to the actions in `scope`. */
const leadsTo = <const Scope extends readonly [Action, ...Action[]]>(
  ruledBy: RuledCommand | Ruled,
  scope: Scope,
  parameters: Definition<Scope>['parameters'] = {},
): Definition<Scope> => ({ ruledBy: typeof ruledBy === 'string' ? [ruledBy] : ruledBy, scope, parameters });

/**
 * Every command of the music bot, a subcommand with its command before it: which command's rules apply to it, which actions it or a button of it may lead to
 * (the edge, as witness, puts them into the transaction token, so a `/queue` cannot become a `/stop`), and which of its
 * options each of those calls carries: parameter of the call, name of the option. gateway-proxy refuses a call with any
 * other value, and any parameter that is not listed here.
 */
const definitions = {
  play: leadsTo('play', ['player.enqueue', 'player.search', 'player.read', 'favourite.list', 'top.mine'], {
    'player.enqueue': { query: queryOrFile },
    'player.search': { query: 'query' },
  }),
  playnext: leadsTo(['move', 'play'], ['player.playnext', 'player.search', 'favourite.list', 'top.mine'], {
    'player.playnext': { query: queryOrFile },
    'player.search': { query: 'query' },
  }),
  playnow: leadsTo(['skip', 'play'], ['player.playnow', 'player.search', 'favourite.list', 'top.mine'], {
    'player.playnow': { query: queryOrFile },
    'player.search': { query: 'query' },
  }),
  search: leadsTo('play', ['player.search', 'player.pick'], {
    'player.search': { query: 'query' },
    'player.pick': { tracks: picked },
  }),
  pause: leadsTo('pause', ['player.pause', 'player.read']),
  resume: leadsTo('resume', ['player.resume', 'player.read']),
  skip: leadsTo('skip', ['player.skip', 'player.read']),
  stop: leadsTo('stop', ['player.stop', 'player.read']),
  queue: leadsTo('queue', ['player.read'], { 'player.read': { member: 'member' } }),
  nowplaying: leadsTo('nowplaying', ['player.read']),
  lyrics: leadsTo('nowplaying', ['player.read']),
  volume: leadsTo('volume', ['player.volume', 'player.read'], { 'player.volume': { percent: 'percent' } }),
  louder: leadsTo('volume', ['player.louder']),
  quieter: leadsTo('volume', ['player.quieter']),
  seek: leadsTo('skip', ['player.seek'], { 'player.seek': { to: 'to' } }),
  forward: leadsTo('skip', ['player.seek'], { 'player.seek': { forwardSec: 'seconds' } }),
  rewind: leadsTo('skip', ['player.seek'], { 'player.seek': { rewindSec: 'seconds' } }),
  replay: leadsTo('skip', ['player.seek']),
  previous: leadsTo('skip', ['player.jump']),
  skipto: leadsTo('skip', ['player.jump'], { 'player.jump': { position: 'position' } }),
  clear: leadsTo('stop', ['player.clear']),
  shuffle: leadsTo('move', ['player.shuffle'], { 'player.shuffle': { undo: 'undo' } }),
  loop: leadsTo('move', ['player.loop'], { 'player.loop': { mode: 'mode' } }),
  autoplay: leadsTo(['move', 'play'], ['player.autoplay'], { 'player.autoplay': { on: 'on' } }),
  move: leadsTo('move', ['player.move'], { 'player.move': { from: 'from', to: 'to' } }),
  swap: leadsTo('move', ['player.move'], { 'player.move': { first: 'first', second: 'second' } }),
  remove: leadsTo('move', ['player.remove'], {
    'player.remove': { position: 'position', to: 'to', member: 'member', which: 'which' },
  }),
  filter: leadsTo('volume', ['player.filter'], { 'player.filter': { preset: 'preset' } }),
  speed: leadsTo('volume', ['player.filter'], { 'player.filter': { speed: 'percent' } }),
  pitch: leadsTo('volume', ['player.filter'], { 'player.filter': { pitch: 'percent' } }),
  equaliser: leadsTo('volume', ['player.filter'], {
    'player.filter': { bass: 'bass', mid: 'mid', treble: 'treble' },
  }),
  join: leadsTo('play', ['player.join']),
  leave: leadsTo('stop', ['player.leave']),
  'favourite add': leadsTo('nowplaying', ['favourite.add'], { 'favourite.add': { query: 'query' } }),
  'favourite remove': leadsTo('nowplaying', ['favourite.remove'], { 'favourite.remove': { position: 'position' } }),
  'favourite list': leadsTo('nowplaying', ['favourite.list']),
  'favourite play': leadsTo('play', ['favourite.play']),
  'playlist create': leadsTo('nowplaying', ['playlist.create'], { 'playlist.create': { name: 'name' } }),
  'playlist add': leadsTo(['nowplaying', 'play'], ['playlist.add', 'player.search', 'playlist.list'], {
    'playlist.add': { name: 'name', query: 'query' },
    'player.search': { query: 'query' },
  }),
  'playlist show': leadsTo('nowplaying', ['playlist.show', 'playlist.list'], { 'playlist.show': { name: 'name' } }),
  'playlist list': leadsTo('nowplaying', ['playlist.list']),
  'playlist play': leadsTo('play', ['playlist.play', 'playlist.list'], { 'playlist.play': { name: 'name' } }),
  'playlist remove': leadsTo('nowplaying', ['playlist.remove', 'playlist.list'], {
    'playlist.remove': { name: 'name', position: 'position' },
  }),
  'playlist rename': leadsTo('nowplaying', ['playlist.rename', 'playlist.list'], {
    'playlist.rename': { name: 'name', to: 'to' },
  }),
  'playlist delete': leadsTo('nowplaying', ['playlist.delete', 'playlist.list'], {
    'playlist.delete': { name: 'name' },
  }),
  'playlist move': leadsTo('nowplaying', ['playlist.move', 'playlist.list'], {
    'playlist.move': { name: 'name', from: 'from', to: 'to' },
  }),
  'playlist save': leadsTo(['nowplaying', 'queue'], ['playlist.save'], { 'playlist.save': { name: 'name' } }),
  'playlist import': leadsTo(['nowplaying', 'play'], ['playlist.import'], {
    'playlist.import': { link: 'link', name: 'name' },
  }),
  'playlist export': leadsTo('nowplaying', ['playlist.export', 'playlist.list'], {
    'playlist.export': { name: 'name' },
  }),
  'playlist share': leadsTo('nowplaying', ['playlist.share', 'playlist.list'], { 'playlist.share': { name: 'name' } }),
  'playlist unshare': leadsTo('nowplaying', ['playlist.unshare', 'playlist.list'], {
    'playlist.unshare': { name: 'name' },
  }),
  'playlist copy': leadsTo('nowplaying', ['playlist.copy'], { 'playlist.copy': { code: 'code', name: 'name' } }),
  history: leadsTo('queue', ['history.read']),
  'top server': leadsTo('queue', ['top.server']),
  'top mine': leadsTo('nowplaying', ['top.mine']),
  'top counting': leadsTo('nowplaying', ['top.count'], { 'top.count': { on: 'on' } }),
  stats: leadsTo('queue', ['player.read', 'top.server']),
  help: leadsTo('nowplaying', ['help.read']),
  why: leadsTo('nowplaying', ['help.read']),
  'policy show': leadsTo('nowplaying', ['policy.read']),
  'dj show': leadsTo('nowplaying', ['policy.read']),
  'dj roles': leadsTo(['nowplaying', 'manage'], ['policy.write'], { 'policy.write': { add: 'add', remove: 'remove' } }),
  'dj mode': leadsTo(['nowplaying', 'manage'], ['policy.write'], {
    'policy.write': { mode: 'mode', adding: 'adding', playback: 'playback', sound: 'sound', order: 'order' },
  }),
  'voteskip show': leadsTo('nowplaying', ['policy.read']),
  'voteskip set': leadsTo(['nowplaying', 'manage'], ['policy.write'], { 'policy.write': { percent: 'percent' } }),
  'settings show': leadsTo('nowplaying', ['settings.read']),
  'settings change': leadsTo(['nowplaying', 'manage'], ['settings.write'], {
    'settings.write': {
      language: 'language',
      volume: 'volume',
      filter: 'filter',
      leave: 'leave',
      stay: 'stay',
      announce: 'announce',
      fair: 'fair',
      queue: 'queue',
      status: 'status',
      segments: 'segments',
      requests: 'requests',
    },
  }),
};

export type CommandName = keyof typeof definitions;

export const commandNames = Object.keys(definitions) as CommandName[];

const each = <Value>(take: (definition: (typeof definitions)[CommandName]) => Value) =>
  Object.fromEntries(commandNames.map((name) => [name, take(definitions[name])]));

export const commandScopes = each(({ scope }) => scope) as {
  readonly [Name in CommandName]: (typeof definitions)[Name]['scope'];
};

export const commandParameters = each(({ parameters }) => parameters) as {
  readonly [Name in CommandName]: Readonly<Partial<Record<Action, Parameters>>>;
};

export const isCommandName = (text: string): text is CommandName => Object.hasOwn(definitions, text);

/** The commands whose rules apply to this one, each of which must allow it; no rule names an unknown command. */
export const ruledBy = (command: string): readonly string[] =>
  isCommandName(command) ? definitions[command].ruledBy : [command];

/** The category of the help, and of a policy, that a command belongs to: that of the command whose rules come first. */
export function categoryOf(command: CommandName): CommandCategory {
  const [first] = definitions[command].ruledBy;
  return categoryNames.find((name) => commandsIn([name]).includes(first)) ?? 'viewing';
}

/**
 * What help calls a permission for `/skip` alone: by a vote, or for the member's own track. The other commands that go
 * with it need the whole permission.
 */
const onlySkip = 'skipping';

/** By what help knows whether a member may use this command: all of these must be usable (policy-evaluator.ts). */
export const usableBy = (command: string): readonly string[] => (command === 'skip' ? [onlySkip] : ruledBy(command));

/** The questions that help answers: the name of each, and a command that is decided as it is. */
export const helpQuestions: readonly (readonly [name: string, used: CommandName])[] = [
  ...ruledCommands.map((command) => [command, command === 'skip' ? 'seek' : command] as const),
  [onlySkip, 'skip'],
  ['manage', 'settings change'],
];

/** The command whose rules let a member use this one for their own tracks; undefined if there is none. */
export const ownTracks = (command: string): RuledCommand | undefined => (command === 'remove' ? 'play' : undefined);

/** What a guild with DJs reserves for them unless it says otherwise: whatever affects what others hear, except adding. */
export const djCategories = ['playback', 'sound', 'order'] as const satisfies readonly CommandCategory[];
/** What every DJ may do, even where it is reserved for nobody. */
export const djCommands: readonly RuledCommand[] = commandsIn(djCategories);

/** A button's or select's custom id is `bw:<command>` or `bw:<command>:<argument>`; it counts as that command. */
export function commandOfCustomId(customId: string): CommandName | undefined {
  const [prefix, name] = customId.split(':', 2);
  return prefix === 'bw' && name !== undefined && isCommandName(name) ? name : undefined;
}
