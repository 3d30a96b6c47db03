import type { Action } from '#security/identity/actions.ts';
import { commandNames, commandScopes } from './commands.ts';

/** Actions that change a player, each with its own command. */
const control = [
  'player.enqueue',
  'player.pause',
  'player.resume',
  'player.skip',
  'player.stop',
  'player.volume',
] as const;

/** Actions that change a queue and have no command: used in the portal and the API. */
const queueControl = ['player.move', 'player.remove'] as const;

/** Actions that are decided in the api itself. */
const administration = [
  'tenant.create',
  'tenant.read',
  'tenant.update',
  'tenant.suspend',
  'tenant.resume',
  'tenant.delete',
  'member.read',
  'member.write',
  'member.erase',
  'guild.members',
  'key.read',
  'key.rotate',
  'key.rotate-all',
  'key.rotate-identity',
  'apikey.read',
  'apikey.write',
  'webhook.read',
  'webhook.write',
  'feature.write',
  'policy.read',
  'policy.write',
  'audit.read',
  'statistics.read',
  'health.read',
  'operator.read',
  'operator.write',
  'schedule.read',
  'schedule.run',
  'event.read',
  'event.replay',
  'event-schema.read',
  'projection.read',
  'projection.rebuild',
  'workflow.retry',
  'workflow.compensate',
] as const;

/** What each part of the platform may do. The proxy's route table says from where; this says whether. */
export const workloadActions = {
  bot: [
    // What its commands may lead to.
    ...new Set(commandNames.flatMap((name): readonly Action[] => commandScopes[name])),
    'player.message',
    'player.events',
    'gateway.stream',
    'gateway.send',
    'discord.rest',
  ],
  audio: [
    'voice.send',
    'voice.events',
    'request-channel.check',
    'request-channel.follow',
    'lavalink.connect',
    'lavalink.load',
    'lavalink.read',
    'lavalink.write',
  ],
  api: [
    'player.read',
    'player.search',
    ...control,
    ...queueControl,
    'settings.read',
    'settings.write',
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
    'deletion.read',
    'deletion.certify',
    // For owners alone: an operator must not get around a key that a tenant keeps from the platform.
    'key.external',
    // The api uses the same rules for its own operations, for the person who requests them.
    ...administration,
  ],
  public: ['api.public'],
  'discord-edge': [],
  'gateway-proxy': [],
  'token-service': [],
  worker: [],
  supervisor: [],
} as const satisfies Record<string, readonly Action[]>;

const reads = ['tenant.read', 'member.read', 'policy.read', 'player.read', 'player.search', 'settings.read'] as const;

/** What a member of a tenant may do in the portal and the API. */
export const memberRoles = {
  owner: [
    ...reads,
    ...control,
    ...queueControl,
    'tenant.update',
    'tenant.suspend',
    'tenant.resume',
    'tenant.delete',
    'member.write',
    'member.erase',
    'guild.members',
    'key.read',
    'key.rotate',
    'key.external',
    'apikey.read',
    'apikey.write',
    'webhook.read',
    'webhook.write',
    'feature.write',
    'policy.write',
    'settings.write',
    'audit.read',
    'statistics.read',
  ],
  admin: [
    ...reads,
    ...control,
    ...queueControl,
    'tenant.update',
    'member.erase',
    'guild.members',
    'key.read',
    'key.rotate',
    'apikey.read',
    'webhook.read',
    'webhook.write',
    'policy.write',
    'settings.write',
    'audit.read',
    'statistics.read',
  ],
  auditor: [
    'tenant.read',
    'member.read',
    'guild.members',
    'policy.read',
    'settings.read',
    'key.read',
    'apikey.read',
    'webhook.read',
    'audit.read',
  ],
  viewer: [...reads],
} as const satisfies Record<string, readonly Action[]>;

export type MemberRole = keyof typeof memberRoles;

export const isMemberRole = (text: string): text is MemberRole => Object.hasOwn(memberRoles, text);

/** What an operator of the platform may do to any tenant; this does not include controlling playback. */
export const operatorActions = [...administration, 'player.read'] as const satisfies readonly Action[];

/** What every signed-in person may do, member of a tenant or not. */
export const personActions = ['tenant.create'] as const satisfies readonly Action[];

/**
 * The possible scopes of an API key. A key allows what its scopes name and its creator may do, at the time of use; none
 * can create keys, transfer a tenant or delete one.
 */
export const keyScopes = {
  read: [...reads, 'key.read'],
  control: ['tenant.read', 'player.read', 'player.search', ...control, ...queueControl],
  policies: ['tenant.read', 'policy.read', 'policy.write', 'settings.read', 'settings.write'],
  audit: ['tenant.read', 'audit.read'],
  statistics: ['tenant.read', 'statistics.read'],
  members: ['tenant.read', 'member.read', 'member.write'],
  webhooks: ['tenant.read', 'webhook.read', 'webhook.write'],
  /** Of no tenant: for operators' programs that read Kafka. */
  'event-schemas': ['event-schema.read'],
} as const satisfies Record<string, readonly Action[]>;

export type KeyScope = keyof typeof keyScopes;

export const keyScopeNames = Object.keys(keyScopes) as [KeyScope, ...KeyScope[]];
