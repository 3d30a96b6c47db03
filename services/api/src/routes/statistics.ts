import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { snowflakeSchema, type TenantId } from '#infra/kernel/ids.ts';
import { quarterMs, statisticsDays, topsSchema } from '#services/contracts/statistics.ts';
import { paneOf } from '#infra/streaming/windows.ts';
import type { AccessControl } from '../access.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { playCounts, playCountsSchema, type CountedRange } from '../statistics/play-counts.ts';
import { recentPlays, recentPlaysQuery, recentPlaysSchema } from '../statistics/recent-plays.ts';
import { countsFile, isOfTops, statisticsTables, topsFile } from '../statistics/statistics-file.ts';
import { inTenant, tenantParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';

const dayMs = 24 * 60 * 60_000;
/** A range may begin in a day that is over where it is asked for, and end in one that has not begun. */
const mostDays = statisticsDays + 2;
const mostHours = 31 * 24;
const periodMs = { hour: dayMs / 24, day: dayMs, week: 7 * dayMs } as const;

const instant = z.iso.datetime({ offset: true });
const rangeShape = {
  from: instant,
  to: instant,
  /** One server; otherwise all of them together. */
  guild: snowflakeSchema.optional(),
};
const countsShape = {
  ...rangeShape,
  /** In which days begin, an IANA name such as `Europe/Berlin`. */
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'must be the name of a time zone, such as Europe/Berlin')
    .default('UTC'),
  by: z.enum(['hour', 'day', 'week']).default('day'),
};
type Range = { readonly from: string; readonly to: string; readonly by?: keyof typeof periodMs | undefined };

/** At most 92 days, and 31 by the hour, so that an answer is one that a page can draw. */
function inOrder({ from, to, by }: Range, context: z.RefinementCtx): void {
  const ms = Date.parse(to) - Date.parse(from);
  const issue = (message: string) => context.addIssue({ code: 'custom', path: ['to'], message });
  if (!(ms > 0)) issue('must be after from');
  else if (ms > mostDays * dayMs) issue(`must be at most ${mostDays} days after from`);
  else if (by === 'hour' && ms > mostHours * periodMs.hour) issue('must be at most 31 days after from, by the hour');
}

function isTimeZone(name: string): boolean {
  try {
    return (
      new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '' && /^[A-Za-z]/.test(name)
    );
  } catch {
    return false;
  }
}

const countsQuery = z.strictObject(countsShape).superRefine(inOrder);
const topsQuery = z.strictObject(rangeShape).superRefine(inOrder);
const exportQuery = z.strictObject({ ...countsShape, table: z.enum(statisticsTables) }).superRefine(inOrder);
const recentTopsQuery = z.strictObject({
  /** What is counted is by quarters of an hour: up to one more than that. */
  last: z.enum(['hour', 'day']).default('hour'),
  guild: snowflakeSchema.optional(),
});
const recentTopsSchema = z.object({
  /** Since when plays are counted here: later than asked for, if there is too much for one answer. */
  from: z.iso.datetime(),
  tracks: topsSchema.shape.tracks,
});
const problems = [424, 502];
const tags = ['Statistics'];

/** What was played, for those who own a bot; of the last 90 days. */
export const statisticsRoutes: ApiRoutes = (app, ports) => {
  counts(app, ports);
  recent(app, ports);
  tops(app, ports);
  recentTops(app, ports);
  files(app, ports);
};

const counts: ApiRoutes = (app, { database, config }) => {
  app.get(
    `${inTenant}/statistics`,
    {
      config: { ...config, access: personOrKey('statistics.read') },
      schema: {
        operationId: 'readStatistics',
        tags,
        summary:
          'Returns what was played over time, at which hours of the week, what failed, and how soon it was heard',
        params: tenantParams,
        querystring: countsQuery,
        response: { 200: playCountsSchema },
      },
    },
    ({ params, query }) => playCounts(database, params.tenant, rangeOf(query)),
  );
};

/** What is played now: of a tenant, and for operators of all of them together, as numbers that name no tenant. */
const recent: ApiRoutes = (app, { database, clock, config }) => {
  app.get(
    `${inTenant}/statistics/recent`,
    {
      config: { ...config, access: personOrKey('statistics.read') },
      schema: {
        operationId: 'readRecentPlays',
        tags,
        summary:
          'Returns what was played and failed in the last minutes, hour and day, and for how long music was heard',
        params: tenantParams,
        querystring: recentPlaysQuery,
        response: { 200: recentPlaysSchema },
      },
    },
    ({ params, query }) => recentPlays(database, params.tenant, query, clock.now()),
  );
  app.get(
    '/v1/operator/statistics/recent',
    {
      config: { ...config, access: personOnly('operator.read'), problems: [403] },
      schema: {
        operationId: 'readRecentPlaysOfAll',
        tags: ['Operators'],
        summary: 'Returns what was played and failed in the last minutes, hour and day, of all tenants together',
        querystring: recentPlaysQuery,
        response: { 200: recentPlaysSchema },
      },
    },
    ({ query }) => recentPlays(database, 'all', query, clock.now()),
  );
};

const tops: ApiRoutes = (app, ports) => {
  app.get(
    `${inTenant}/statistics/top`,
    {
      config: { ...ports.config, access: personOrKey('statistics.read'), problems },
      schema: {
        operationId: 'readTops',
        tags,
        summary:
          'Returns the tracks and members behind most of what was played, by days of UTC. Members who opted out are not in it',
        params: tenantParams,
        querystring: topsQuery,
        response: { 200: topsSchema },
      },
    },
    (request) => topsOf(ports, request, request.query),
  );
};

const recentTops: ApiRoutes = (app, ports) => {
  app.get(
    `${inTenant}/statistics/recent/top`,
    {
      config: { ...ports.config, access: personOrKey('statistics.read'), problems },
      schema: {
        operationId: 'readRecentTops',
        tags,
        summary: 'Returns the tracks that were played most in the last hour or the last 24 hours',
        params: tenantParams,
        querystring: recentTopsQuery,
        response: { 200: recentTopsSchema },
      },
    },
    async (request) => {
      const { last, guild } = request.query;
      const nowMs = ports.clock.now();
      const since = paneOf(nowMs - periodMs[last], quarterMs);
      const range = { from: dayOf(since), to: dayOf(nowMs), guild, since };
      const { tracks, since: day } = await ports.players.tops(callerOf(ports, request), range);
      return { from: new Date(Math.max(since, Date.parse(day))).toISOString(), tracks };
    },
  );
};

const files: ApiRoutes = (app, ports) => {
  app.get(
    `${inTenant}/statistics/export`,
    {
      config: { ...ports.config, access: personOrKey('statistics.read'), problems },
      schema: {
        operationId: 'exportStatistics',
        tags,
        summary: 'Returns one table of the statistics as CSV',
        params: tenantParams,
        querystring: exportQuery,
        response: { 200: { description: 'The file', content: { 'text/csv': { schema: z.string() } } } },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const { table, ...range } = request.query;
      const text = isOfTops(table)
        ? topsFile(table, await topsOf(ports, request, range))
        : countsFile(table, await playCounts(ports.database, tenant, rangeOf(range)));
      reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-disposition', `attachment; filename="statistics-${table}-${tenant}.csv"`);
      return (reply as FastifyReply).send(text);
    },
  );
};

const rangeOf = ({ from, to, ...rest }: z.output<typeof countsQuery>): CountedRange => ({
  ...rest,
  from: new Date(from),
  to: new Date(to),
});

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** gateway-proxy decides it again, and audio opens what it has sealed. */
function topsOf(
  ports: Pick<ApiPorts, 'players'> & { readonly access: AccessControl },
  request: OfTenant,
  { from, to, guild }: z.output<typeof topsQuery>,
) {
  const range = { from: dayOf(Date.parse(from)), to: dayOf(Date.parse(to) - 1), guild };
  return ports.players.tops(callerOf(ports, request), range);
}

type OfTenant = FastifyRequest & { readonly params: { readonly tenant: TenantId } };

function callerOf({ access }: { readonly access: AccessControl }, request: OfTenant) {
  const { subject, apiKey, covers } = access.of(request);
  return { tenant: request.params.tenant, subject, apiKey, covers };
}
