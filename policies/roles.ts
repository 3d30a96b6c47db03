import type { Action } from './actions.ts';

/** What changes a player, each by a command of its own. */
const control = [
  'player.enqueue',
  'player.pause',
  'player.resume',
  'player.skip',
  'player.stop',
  'player.volume',
] as const;

/** What is decided in the api itself. */
const administration = [
  'tenant.create',
  'tenant.read',
  'tenant.update',
  'tenant.suspend',
  'tenant.delete',
  'member.read',
  'member.write',
  'policy.read',
  'policy.write',
  'audit.read',
  'health.read',
] as const;

/** What each part of the platform may do. The proxy's table of routes says from where; this says whether. */
export const workloadActions = {
  bot: [
    'player.read',
    'player.search',
    ...control,
    'player.message',
    'player.events',
    'gateway.stream',
    'gateway.send',
    'discord.rest',
  ],
  audio: ['voice.send', 'voice.events', 'lavalink.connect', 'lavalink.load', 'lavalink.read', 'lavalink.write'],
  api: [
    'player.read',
    'player.search',
    ...control,
    'player.events',
    'player.delete',
    'credential.check',
    'credential.store',
    'credential.delete',
    'session.start',
    'session.stop',
    'session.read',
    'instance.start',
    'instance.stop',
    'instance.read',
    // The api decides its own operations with the same rules, for the person who asks.
    ...administration,
  ],
  public: ['api.public'],
  'discord-edge': [],
  'gateway-proxy': [],
  'token-service': [],
  worker: [],
  supervisor: [],
} as const satisfies Record<string, readonly Action[]>;

const reads = ['tenant.read', 'member.read', 'policy.read', 'player.read', 'player.search'] as const;

/** What a member of a tenant may do in the portal and the API. */
export const memberRoles = {
  owner: [
    ...reads,
    ...control,
    'tenant.update',
    'tenant.suspend',
    'tenant.delete',
    'member.write',
    'policy.write',
    'audit.read',
  ],
  admin: [...reads, ...control, 'tenant.update', 'policy.write', 'audit.read'],
  auditor: ['tenant.read', 'member.read', 'policy.read', 'audit.read'],
  viewer: [...reads],
} as const satisfies Record<string, readonly Action[]>;

export type MemberRole = keyof typeof memberRoles;

export const isMemberRole = (text: string): text is MemberRole => Object.hasOwn(memberRoles, text);

/** What an operator of the platform may do to any tenant; controlling what it plays is not among it. */
export const operatorActions = [...administration, 'player.read'] as const satisfies readonly Action[];
