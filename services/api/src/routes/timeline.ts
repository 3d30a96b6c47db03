import { z } from 'zod';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { recordsBefore } from '#security/audit/sealed-records.ts';
import { sessionEventSchemas, shownMomentSchema, type SessionEventType } from '#services/contracts/timeline.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { personOrKey } from '../operation-access.ts';
import { firstLeafSince } from '../policies/recorded-decision.ts';
import { guildParams, inGuild, type ApiPorts, type ApiRoutes } from './api-routes.ts';
import { sealedRecordSchema } from './audit-records.ts';
import { playerOf } from './players.ts';
import { instant, pastTenant, pastTenantSchema, sinceEpoch } from './tenant-timeline.ts';

const problems = [424, 502];
/** How far back from a moment denials are shown, and at most how many. */
const denialsMs = 15 * 60_000;
const mostDenials = 20;

const { sinceMs: _sinceMs, ...shownPlayer } = shownMomentSchema.shape;
const momentSchema = z.object({
  at: z.iso.datetime(),
  /** Null if nothing had happened by then, or it is no longer kept. */
  player: z
    .object({
      ...shownPlayer,
      /** When something last happened before that. */
      since: z.iso.datetime(),
    })
    .nullable(),
  /** The version of the server's policy then; 0 is the default. */
  policy: z.object({ version: z.number().int(), author: z.string(), createdAt: z.iso.datetime().nullable() }),
  /** What was denied in this server in the quarter of an hour before that, newest first: at most 20 records. */
  denials: z.array(sealedRecordSchema),
  ...pastTenantSchema,
});

const eventSchema = z.union(
  Object.entries(sessionEventSchemas).map(([type, data]) =>
    z.object({ version: z.number().int(), at: z.iso.datetime(), type: z.literal(type as SessionEventType), data }),
  ),
);

/** What played in a server at a time, who asked for it, and what was allowed then. */
export const timelineRoutes: ApiRoutes = (app, ports) => {
  oneMoment(app, ports);
  events(app, ports);
};

const oneMoment: ApiRoutes = (app, ports) => {
  const { access, players, policies, config } = ports;
  app.get(
    `${inGuild}/timeline`,
    {
      config: { ...config, access: personOrKey('audit.read'), problems },
      schema: {
        operationId: 'readTimeline',
        tags: ['Audit'],
        summary:
          'Returns a server as it was `at` a given time: the player, the policy, what had just been denied, and what the tenant and its token were',
        params: guildParams,
        querystring: z.strictObject({ at: instant }),
        response: { 200: momentSchema },
      },
    },
    async (request) => {
      const { tenant, guild } = request.params;
      const at = new Date(request.query.at);
      const [moment, policy, denials, past] = await Promise.all([
        players.timelineAt(playerOf(access, request), sinceEpoch(at)),
        policies.asOf(tenant, guild, at),
        denialsBefore(ports, tenant, guild, at),
        pastTenant(ports, tenant, at),
      ]);
      const { version, author, createdAt } = policy;
      return {
        at: at.toISOString(),
        player: moment && since(moment),
        policy: { version, author, createdAt: createdAt?.toISOString() ?? null },
        denials: [...denials],
        ...past,
      };
    },
  );
};

const events: ApiRoutes = (app, { access, players, pages, config }) => {
  app.get(
    `${inGuild}/timeline/events`,
    {
      config: { ...config, access: personOrKey('audit.read'), problems },
      schema: {
        operationId: 'listTimelineEvents',
        tags: ['Audit'],
        summary: "Returns what happened to a server's player, oldest first",
        params: guildParams,
        querystring: z.strictObject({ from: instant, to: instant, ...pageQuery.shape }),
        response: { 200: z.object({ items: z.array(eventSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant, guild } = request.params;
      const { from, to, ...query } = request.query;
      const scope = { operation: 'listTimelineEvents', tenant, filter: { guild, from, to } };
      const page = pages.open(scope, query, z.int().min(0));
      const [fromMs, toMs] = [new Date(from), new Date(to)].map(sinceEpoch) as [number, number];
      const range = { fromMs, toMs, after: page.after ?? 0, limit: page.take };
      const found = await players.timelineEvents(playerOf(access, request), range);
      const { rows, nextCursor } = page.of(found, ({ version }) => version);
      const items = rows.map(({ atMs, ...event }) => ({ ...event, at: new Date(atMs).toISOString() }));
      return { items, nextCursor };
    },
  );
};

const since = ({ sinceMs, ...player }: z.infer<typeof shownMomentSchema>) => ({
  ...player,
  since: new Date(sinceMs).toISOString(),
});

/** Sealing follows a decision within a second; the clocks of two machines may differ a little. */
const sealedWithinMs = 10_000;

async function denialsBefore({ database }: ApiPorts, tenant: TenantId, guild: Snowflake, at: Date) {
  const selection = {
    from: new Date(at.getTime() - denialsMs).toISOString(),
    // Records before this time: those of the moment itself are shown.
    to: new Date(at.getTime() + 1).toISOString(),
    kind: 'decision',
    outcome: 'denied',
    guild,
  } as const;
  const end = await firstLeafSince(database, tenant, at.getTime() + sealedWithinMs);
  const { records } = await recordsBefore({ database, tenant, selection }, end, mostDenials);
  return records;
}
