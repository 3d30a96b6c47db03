import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { ShownMoment, TimelineEvent } from '#services/contracts/timeline.ts';
import type { GuildKey, SessionTimeline } from '../application/ports.ts';
import { guildKeyOf } from './player-routes.ts';

/** What a guild's player was, and what happened. */
export interface TimelineQueries {
  at(guildKey: GuildKey, atMs: number): Promise<{ moment: ShownMoment | null }>;
  events(guildKey: GuildKey, range: Parameters<SessionTimeline['events']>[1]): Promise<{ events: TimelineEvent[] }>;
}

const path = '/v1/tenants/:tenant/guilds/:guild/timeline';
/** Until the year 9999, like the times that people give. */
const timeSchema = z.coerce.number().int().min(0).max(253_402_300_799_999);
const momentQuery = z.strictObject({ atMs: timeSchema });
const eventsQuery = z.strictObject({
  fromMs: timeSchema,
  toMs: timeSchema,
  after: z.coerce.number().int().min(0).max(2_147_483_647).default(0),
  limit: z.coerce.number().int().min(1).max(101),
});

/** For whoever may read the audit log: who has asked for what is in it. */
export function registerTimelineRoutes(app: HttpApp, queries: TimelineQueries): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(path, { config: { action: 'audit.read' }, schema: { querystring: momentQuery } }, ({ grant, query }) =>
    queries.at(guildKeyOf(grant), query.atMs),
  );
  routes.get(
    `${path}/events`,
    { config: { action: 'audit.read' }, schema: { querystring: eventsQuery } },
    ({ grant, query }) => queries.events(guildKeyOf(grant), query),
  );
}
