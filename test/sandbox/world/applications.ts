import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { musicBotPermissions } from './permissions.ts';
import { changeVoice } from './voice.ts';
import type { Application, Guild, User } from './types.ts';
import type { World } from './world.ts';

const dayMs = 86_400_000;

function newToken(botUserId: string): string {
  const id = Buffer.from(botUserId).toString('base64url');
  return `${id}.${randomBytes(4).toString('base64url')}.${randomBytes(28).toString('base64url')}`;
}

/** Adds a person, or a bot's account; the username is derived from the name by Discord's rules. */
export function createUser(world: World, name: string, bot = false): User {
  const username = name.toLowerCase().replaceAll(/[^a-z0-9_.]+/g, '_');
  const user: User = { id: world.ids.next(), username, globalName: bot ? null : name, bot };
  if (bot) user.username = name;
  world.users.set(user.id, user);
  return user;
}

/** Registers an application with its bot, as a developer does in Discord's portal. */
export function createApplication(world: World, name: string, ownerId: string): Application {
  return registerApplication(world, createUser(world, name, true), ownerId);
}

/** Creates or updates the application of a portal that knows its id and secret before this world begins. */
export function ensureApplication(
  world: World,
  wanted: { clientId: string; clientSecret: string; name: string; redirectUris: string[] },
): Application {
  const { clientId: id, clientSecret, name, redirectUris } = wanted;
  const owner = [...world.users.values()].find((user) => !user.bot);
  const known = world.applications.get(id);
  if (known) return Object.assign(updateApplication(world, id, { redirectUris }), { clientSecret });
  const bot: User = { id, username: name, globalName: null, bot: true };
  world.users.set(id, bot);
  return Object.assign(registerApplication(world, bot, owner?.id ?? id), { clientSecret, redirectUris });
}

function registerApplication(world: World, bot: User, ownerId: string): Application {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const application: Application = {
    id: bot.id,
    name: bot.username,
    description: '',
    ownerId: world.user(ownerId).id,
    botUserId: bot.id,
    token: newToken(bot.id),
    clientSecret: randomBytes(24).toString('base64url'),
    signingKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    verifyKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex'),
    interactionsEndpointUrl: null,
    flags: 0,
    redirectUris: [],
    identifies: { windowStartedAt: 0, used: 0 },
    commandCreates: {},
  };
  world.applications.set(application.id, application);
  world.emit({ type: 'application.created', applicationId: application.id });
  return application;
}

/** Renames a user; bots may do so for themselves. */
export function renameUser(world: World, userId: string, username: string): User {
  const user = world.user(userId);
  user.username = username;
  world.emit({ type: 'user.updated', userId });
  return user;
}

/** Invalidates the old token immediately; sessions opened with it end. */
export function resetToken(world: World, applicationId: string): string {
  const application = world.application(applicationId);
  application.token = newToken(application.botUserId);
  world.emit({ type: 'application.token-reset', applicationId });
  return application.token;
}

/** Changes what a developer may change about an application. */
export function updateApplication(
  world: World,
  applicationId: string,
  change: Partial<
    Pick<Application, 'interactionsEndpointUrl' | 'flags' | 'description' | 'redirectUris' | 'identifies'>
  >,
): Application {
  const application = Object.assign(world.application(applicationId), change);
  world.emit({ type: 'application.updated', applicationId });
  return application;
}

/** Adds an application's bot to a guild, with a managed role that has its permissions. */
export function installApplication(
  world: World,
  guildId: string,
  applicationId: string,
  permissions: bigint = musicBotPermissions,
): void {
  const guild = world.guild(guildId);
  const application = world.application(applicationId);
  const managed = guild.roles.find((role) => role.botUserId === application.botUserId);
  if (managed) {
    managed.permissions = permissions.toString();
    world.emit({ type: 'role.updated', guildId, roleId: managed.id });
    return;
  }
  const roleId = world.ids.next();
  guild.roles.push({
    id: roleId,
    name: application.name,
    permissions: permissions.toString(),
    position: guild.roles.length,
    color: 0,
    managed: true,
    botUserId: application.botUserId,
  });
  guild.members.push({
    userId: application.botUserId,
    nick: null,
    roles: [roleId],
    joinedAt: new Date(world.clock.now()).toISOString(),
  });
  guild.applications.push(applicationId);
  world.emit({ type: 'role.created', guildId, roleId });
  world.emit({ type: 'application.installed', applicationId, guildId });
}

/** Removes an application's bot from a guild, with its role and its guild commands. */
export function removeApplication(world: World, guildId: string, applicationId: string): void {
  const guild = world.guild(guildId);
  const { botUserId } = world.application(applicationId);
  if (!guild.applications.includes(applicationId)) return;
  changeVoice(world, guildId, botUserId, { channelId: null, sessionId: '' });
  guild.applications = guild.applications.filter((id) => id !== applicationId);
  guild.members = guild.members.filter((member) => member.userId !== botUserId);
  const role = guild.roles.find((candidate) => candidate.botUserId === botUserId);
  guild.roles = guild.roles.filter((candidate) => candidate !== role);
  forgetGuildCommands(world, guild, applicationId);
  world.emit({ type: 'application.removed', applicationId, guildId });
  world.emit({ type: 'member.removed', guildId, userId: botUserId });
  if (role) world.emit({ type: 'role.deleted', guildId, roleId: role.id });
}

function forgetGuildCommands(world: World, guild: Guild, applicationId: string): void {
  for (const [id, command] of world.commands) {
    if (command.application_id === applicationId && command.guild_id === guild.id) world.commands.delete(id);
  }
}

/** Uses one of a daily allowance; false if the day's are used up. */
export function useAllowance(
  allowance: { windowStartedAt: number; used: number },
  perDay: number,
  nowMs: number,
): boolean {
  if (nowMs - allowance.windowStartedAt >= dayMs) Object.assign(allowance, { windowStartedAt: nowMs, used: 0 });
  if (allowance.used >= perDay) return false;
  allowance.used += 1;
  return true;
}

/** What is left of a daily allowance, and the milliseconds until it resets. */
export function allowanceLeft(
  allowance: { windowStartedAt: number; used: number },
  perDay: number,
  nowMs: number,
): { remaining: number; resetAfterMs: number } {
  const age = nowMs - allowance.windowStartedAt;
  if (age >= dayMs) return { remaining: perDay, resetAfterMs: 0 };
  return { remaining: Math.max(0, perDay - allowance.used), resetAfterMs: dayMs - age };
}
