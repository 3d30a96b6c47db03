import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import {
  settingsChangeSchema,
  settingsRequestSchema,
  type GuildSettings,
  type SettingsChange,
  type VersionedSettings,
} from '#services/contracts/settings.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { mustBeInDiscord, type Asker } from '../application/member-rules.ts';
import type { GuildKey } from '../application/ports.ts';
import { askerOf, guildKeyOf } from './player-routes.ts';

/** A server's settings (services/contracts/settings.ts). */
export interface SettingsCommands {
  read(guildKey: GuildKey): Promise<VersionedSettings>;
  replace(guildKey: GuildKey, settings: GuildSettings, replaces: number | null): Promise<VersionedSettings>;
  change(guildKey: GuildKey, channel: Snowflake, request: SettingsChange): Promise<VersionedSettings>;
}

const path = '/v1/tenants/:tenant/guilds/:guild/settings';

/** Routes behind the guard. Whether the caller manages the server was decided on the way here. */
export function registerSettingsRoutes(app: HttpApp, commands: SettingsCommands): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(path, { config: { action: 'settings.read' } }, ({ grant }) => commands.read(guildKeyOf(grant)));
  routes.put(
    path,
    { config: { action: 'settings.write' }, schema: { body: settingsRequestSchema } },
    ({ grant, body }) => commands.replace(guildKeyOf(grant), body.settings, body.replaces),
  );
  routes.post(
    `${path}/change`,
    { config: { action: 'settings.write' }, schema: { body: settingsChangeSchema } },
    ({ grant, body }) => commands.change(guildKeyOf(grant), channelOf(askerOf(grant)), body),
  );
}

const channelOf = (asker: Asker): Snowflake => mustBeInDiscord(asker).channel;
