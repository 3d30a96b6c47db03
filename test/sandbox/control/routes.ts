import { z } from 'zod';
import type { Faults } from '../faults.ts';
import type { RequestLog } from '../request-log.ts';
import { privilegedIntents } from '../discord/gateway/intents.ts';
import {
  createApplication,
  installApplication,
  removeApplication,
  resetToken,
  updateApplication,
} from '../world/applications.ts';
import { invalid, notFound } from '../world/errors.ts';
import {
  addMember,
  addPerson,
  createChannel,
  createGuild,
  createRole,
  removeMember,
  updateChannel,
  updateMember,
  updateRole,
} from '../world/guilds.ts';
import { messagesFor } from '../world/messages.ts';
import { assignVoiceServer } from '../world/voice.ts';
import type { World } from '../world/world.ts';
import { goToVoice, writeMessage } from '../world/acting/person.ts';
import { uploadSchema } from './upload-schema.ts';
import type { ControlRoutes } from './call.ts';
import { commandsView, messageView, stateView, userView } from './views.ts';

/** What the control API shows and changes. */
export interface ControlParts {
  world: World;
  faults: Faults;
  log: RequestLog;
  isConnected: (applicationId: string) => boolean;
}

const id = z.string().regex(/^\d{1,20}$/);
const name = z.string().min(1).max(100);
const bits = z.union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative()]).transform((value) => BigInt(value));

/** State, faults and log. */
export function mountObserving(control: ControlRoutes, { world, faults, log, isConnected }: ControlParts): void {
  control.route('GET', '/sandbox/state', () => stateView(world, isConnected));
  control.route('POST', '/sandbox/faults', ({ body }) => {
    faults.inject(body as Parameters<Faults['inject']>[0]);
  });
  control.route('DELETE', '/sandbox/faults', () => faults.clear());
  control.route('GET', '/sandbox/log', ({ query }) => ({ entries: log.since(Number(query.get('since') ?? 0)) }));
}

/** More than any test or demo needs. */
const maxApplications = 2_000;
const newApplication = z.strictObject({ name: z.string().trim().min(1).max(32), ownerId: id.optional() });
const applicationChange = z.strictObject({
  interactionsEndpointUrl: z.url().nullish(),
  /** The privileged intents enabled in the developer portal; replaces the previous set. */
  privilegedIntents: z.array(z.enum(['presences', 'members', 'messageContent'])).optional(),
  redirectUris: z.array(z.url()).optional(),
});

/** Developers: applications and their tokens. */
export function mountApplications(control: ControlRoutes, { world }: ControlParts): void {
  control.route('POST', '/sandbox/applications', ({ body }) => {
    const { name, ownerId } = newApplication.parse(body);
    if (world.applications.size >= maxApplications)
      throw invalid('too-many-applications', `The sandbox holds at most ${maxApplications} applications.`);
    const owner = ownerId ?? [...world.users.values()].find((user) => !user.bot)?.id;
    if (owner === undefined) throw notFound('user');
    const application = createApplication(world, name, owner);
    const bot = userView(world.user(application.botUserId));
    return { id: application.id, token: application.token, clientSecret: application.clientSecret, bot };
  });
  control.route('POST', '/sandbox/applications/:id/reset-token', ({ params }) => ({
    token: resetToken(world, params['id'] ?? ''),
  }));
  control.route('PATCH', '/sandbox/applications/:id', ({ params, body }) => {
    const change = applicationChange.parse(body);
    const { flags } = world.application(params['id'] ?? '');
    const limited = (intents: (keyof typeof privilegedIntents)[]) =>
      intents.reduce((sum, intent) => sum | privilegedIntents[intent].limited, 0);
    updateApplication(world, params['id'] ?? '', {
      ...(change.interactionsEndpointUrl === undefined
        ? {}
        : { interactionsEndpointUrl: change.interactionsEndpointUrl }),
      ...(change.redirectUris ? { redirectUris: change.redirectUris } : {}),
      ...(change.privilegedIntents
        ? { flags: (flags & ~limited(['presences', 'members', 'messageContent'])) | limited(change.privilegedIntents) }
        : {}),
    });
  });
}

const newGuild = z.strictObject({ name, ownerId: id.optional() });
const newRole = z.strictObject({ name, permissions: bits.optional(), color: z.int().min(0).max(0xffffff).optional() });
const newChannel = z.strictObject({
  name,
  type: z.enum(['text', 'voice', 'category', 'stage']).default('text'),
  userLimit: z.int().min(0).max(99).optional(),
  topic: z.string().max(1024).optional(),
  overwrites: z
    .array(
      z.strictObject({
        id,
        type: z.union([z.literal(0), z.literal(1)]),
        allow: bits.default(0n).transform(String),
        deny: bits.default(0n).transform(String),
      }),
    )
    .optional(),
});
const roleChange = z.strictObject({ name: name.optional(), permissions: bits.optional() });
const channelChange = newChannel.omit({ type: true }).partial();
const newMember = z.union([
  z.strictObject({ user: id, roles: z.array(id).optional() }),
  z.strictObject({ name, roles: z.array(id).optional() }),
]);
const memberChange = z.strictObject({ roles: z.array(id).optional(), nick: z.string().max(32).nullish() });
const installation = z.strictObject({ applicationId: id, permissions: bits.optional() });

/** Guild administrators. */
export function mountGuilds(control: ControlRoutes, { world }: ControlParts): void {
  control.route('POST', '/sandbox/guilds', ({ body }) => {
    const { name, ownerId } = newGuild.parse(body);
    const owner = ownerId ?? [...world.users.values()].find((user) => !user.bot)?.id;
    if (owner === undefined) throw notFound('user');
    return { id: createGuild(world, name, owner).id };
  });
  const guild = '/sandbox/guilds/:guild';
  control.route('POST', `${guild}/roles`, ({ params, body }) => {
    const { name, permissions, color } = newRole.parse(body);
    const role = {
      name,
      ...(permissions === undefined ? {} : { permissions }),
      ...(color === undefined ? {} : { color }),
    };
    return { id: createRole(world, params['guild'] ?? '', role).id };
  });
  control.route('POST', `${guild}/channels`, ({ params, body }) => {
    const { name, type, userLimit, topic, overwrites } = newChannel.parse(body);
    const channel = {
      name,
      type,
      ...(userLimit === undefined ? {} : { userLimit }),
      ...(topic === undefined ? {} : { topic }),
      ...(overwrites === undefined ? {} : { overwrites }),
    };
    return { id: createChannel(world, params['guild'] ?? '', channel).id };
  });
  control.route('PATCH', `${guild}/roles/:role`, ({ params, body }) => ({
    id: updateRole(world, params['guild'] ?? '', params['role'] ?? '', roleChange.parse(body)).id,
  }));
  control.route('PATCH', `${guild}/channels/:channel`, ({ params, body }) => {
    const given = Object.entries(channelChange.parse(body)).filter(([, value]) => value !== undefined);
    return { id: updateChannel(world, params['guild'] ?? '', params['channel'] ?? '', Object.fromEntries(given)).id };
  });
}

/** Guild members: people, and bots by application. */
export function mountMembers(control: ControlRoutes, { world }: ControlParts): void {
  const guild = '/sandbox/guilds/:guild';
  control.route('POST', `${guild}/members`, ({ params, body }) => {
    const member = newMember.parse(body);
    const guildId = world.guild(params['guild'] ?? '').id;
    const roles = member.roles ?? [];
    const added =
      'user' in member ? addMember(world, guildId, member.user, roles) : addPerson(world, guildId, member.name, roles);
    return { user: userView(world.user(added.userId)), roles: added.roles };
  });
  control.route('PATCH', `${guild}/members/:user`, ({ params, body }) => {
    const { roles, nick } = memberChange.parse(body);
    const member = updateMember(world, params['guild'] ?? '', params['user'] ?? '', { roles, nick });
    return { user: userView(world.user(member.userId)), roles: member.roles, nick: member.nick };
  });
  control.route('DELETE', `${guild}/members/:user`, ({ params }) =>
    removeMember(world, params['guild'] ?? '', params['user'] ?? ''),
  );
  control.route('POST', `${guild}/install`, ({ params, body }) => {
    const { applicationId, permissions } = installation.parse(body);
    installApplication(world, params['guild'] ?? '', applicationId, permissions);
  });
  control.route('DELETE', `${guild}/install/:application`, ({ params }) =>
    removeApplication(world, params['guild'] ?? '', params['application'] ?? ''),
  );
}

const voiceMove = z.strictObject({ user: id, channel: id.nullable() });
const serverMove = z.strictObject({ user: id });
const written = z.strictObject({
  user: id,
  content: z.string(),
  attachments: z.array(uploadSchema).max(10).optional(),
});

/** Everything people do except interactions: look, write, and join voice channels. */
export function mountPeople(control: ControlRoutes, { world }: ControlParts): void {
  control.route('GET', '/sandbox/guilds/:guild/commands', ({ params, query }) =>
    commandsView(world, params['guild'] ?? '', query.get('channel') ?? '', query.get('user') ?? ''),
  );
  control.route('POST', '/sandbox/guilds/:guild/voice', ({ params, body }) => {
    const { user, channel } = voiceMove.parse(body);
    goToVoice(world, params['guild'] ?? '', user, channel);
  });
  control.route('POST', '/sandbox/guilds/:guild/voice-server', ({ params, body }) => {
    const { user } = serverMove.parse(body);
    const guildId = params['guild'] ?? '';
    if (!world.voiceConnection(user, guildId)) throw notFound('voice-connection');
    assignVoiceServer(world, guildId, user);
  });
  control.route('POST', '/sandbox/channels/:channel/messages', ({ params, body }) => {
    const { user, content, attachments } = written.parse(body);
    return messageView(writeMessage(world, params['channel'] ?? '', user, content, attachments));
  });
  control.route('GET', '/sandbox/channels/:channel/messages', ({ params, query }) => {
    const { channel } = world.channel(params['channel'] ?? '');
    return messagesFor(world, channel.id, query.get('user')).map(messageView);
  });
}
