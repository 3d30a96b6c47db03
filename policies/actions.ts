/**
 * The closed list of everything that can be decided. A route, a command and a policy can name nothing else; the value
 * says in words what it allows.
 */
export const actions = {
  'player.read': "see a guild's queue and what plays",
  'player.search': 'search for tracks',
  'player.enqueue': 'add tracks to the queue, joining voice if needed',
  'player.pause': 'pause',
  'player.resume': 'go on after a pause',
  'player.skip': 'skip the current track',
  'player.stop': 'stop, clear the queue and leave voice',
  'player.volume': 'change the volume',
  'player.message': 'remember which message shows what plays',
  'player.events': "follow a tenant's players",
  'player.delete': "delete a tenant's music sessions",
  'gateway.stream': "receive a tenant's gateway dispatches",
  'gateway.send': "send presence to a tenant's gateway session, acknowledge dispatches",
  'discord.rest': "call Discord's REST API as a tenant's bot, within the allowed calls",
  'voice.send': 'join, move in or leave voice as a tenant’s bot',
  'voice.events': 'follow voice states and voice servers of all tenants',
  'credential.check': 'check a Discord token without storing it',
  'credential.store': "check and store a tenant's Discord token",
  'credential.delete': "delete a tenant's Discord token and end its session",
  'session.start': "open a tenant's gateway session",
  'session.stop': "close a tenant's gateway session",
  'session.read': "see the state of a tenant's gateway session",
  'lavalink.connect': 'open a Lavalink session',
  'lavalink.load': 'load and decode tracks',
  'lavalink.read': 'read players, node information and statistics',
  'lavalink.write': 'change and remove players and sessions',
  'instance.start': "start a tenant's bot",
  'instance.stop': "stop a tenant's bot",
  'instance.read': "see the state of a tenant's bot",
  'api.public': 'reach the public API, which authenticates by itself',
  'tenant.create': 'create a tenant',
  'tenant.read': 'see a tenant',
  'tenant.update': 'rename a tenant, replace its token',
  'tenant.suspend': 'suspend and resume a tenant',
  'tenant.delete': 'delete a tenant with its key',
  'member.read': "see a tenant's members",
  'member.write': "change a tenant's members",
  'policy.read': "see guilds' policies",
  'policy.write': "change guilds' policies",
  'audit.read': 'read and export the audit log',
  'health.read': 'see the health of the platform',
} as const;

export type Action = keyof typeof actions;

export const isAction = (text: string): text is Action => Object.hasOwn(actions, text);
