import type { Action } from './actions.ts';

/** What each part of the platform may do. The proxy's table of routes says from where; this says whether. */
export const workloadActions = {
  bot: [
    'player.read',
    'player.search',
    'player.enqueue',
    'player.pause',
    'player.resume',
    'player.skip',
    'player.stop',
    'player.volume',
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
    'player.enqueue',
    'player.pause',
    'player.resume',
    'player.skip',
    'player.stop',
    'player.volume',
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
  ],
  public: ['api.public'],
  'discord-edge': [],
  'gateway-proxy': [],
  'token-service': [],
  worker: [],
  supervisor: [],
} as const satisfies Record<string, readonly Action[]>;

const reads = ['tenant.read', 'member.read', 'policy.read', 'player.read', 'player.search'] as const;
const control = [
  'player.enqueue',
  'player.pause',
  'player.resume',
  'player.skip',
  'player.stop',
  'player.volume',
] as const;

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

/** What an operator of the platform may do to any tenant; listening to what it plays is not among it. */
export const operatorActions = [
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
  'player.read',
] as const satisfies readonly Action[];
