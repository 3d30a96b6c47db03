import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, valueOf } from './client.ts';
import type { AuditFilters, StatisticsRange } from './types.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => valueOf(api.GET('/v1/me', { signal })),
  staleTime: 60_000,
});

export const tenantQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant],
    queryFn: ({ signal }) => valueOf(api.GET('/v1/tenants/{tenant}', { signal, params: { path: { tenant } } })),
  });

interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

interface Asked {
  readonly page: { readonly limit: number; readonly cursor?: string };
  readonly signal: AbortSignal;
}

/** A paginated list of the API. */
const paged = <Item>(queryKey: readonly string[], read: (asked: Asked) => Promise<Page<Item>>) =>
  infiniteQueryOptions({
    queryKey: ['page', ...queryKey],
    queryFn: ({ signal, pageParam }) =>
      read({ signal, page: { limit: 50, ...(pageParam === undefined ? {} : { cursor: pageParam }) } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });

export const membersQuery = (tenant: string) =>
  paged(['members', tenant], ({ page, signal }) =>
    valueOf(api.GET('/v1/tenants/{tenant}/members', { signal, params: { path: { tenant }, query: page } })),
  );

export const invitationsQuery = (tenant: string) =>
  paged(['invitations', tenant], ({ page, signal }) =>
    valueOf(api.GET('/v1/tenants/{tenant}/invitations', { signal, params: { path: { tenant }, query: page } })),
  );

export const apiKeysQuery = (tenant: string) =>
  paged(['api-keys', tenant], ({ page, signal }) =>
    valueOf(api.GET('/v1/tenants/{tenant}/api-keys', { signal, params: { path: { tenant }, query: page } })),
  );

export const webhooksQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['webhooks', tenant],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/webhooks', { signal, params: { path: { tenant } } })),
  });

/** What was sent to one of them. */
export const webhookDeliveriesQuery = (tenant: string, webhook: string) =>
  paged(['webhook-deliveries', tenant, webhook], ({ page, signal }) =>
    valueOf(
      api.GET('/v1/tenants/{tenant}/webhooks/{webhook}/deliveries', {
        signal,
        params: { path: { tenant, webhook }, query: page },
      }),
    ),
  );

export const policyHistoryQuery = (tenant: string, guild: string) =>
  paged(['policy-history', tenant, guild], ({ page, signal }) =>
    valueOf(
      api.GET('/v1/tenants/{tenant}/guilds/{guild}/policy/history', {
        signal,
        params: { path: { tenant, guild }, query: page },
      }),
    ),
  );

export const auditQuery = (tenant: string, filters: AuditFilters) =>
  paged(['audit', tenant, JSON.stringify(filters)], ({ page, signal }) =>
    valueOf(
      api.GET('/v1/tenants/{tenant}/audit/records', {
        signal,
        params: { path: { tenant }, query: { ...filters, ...page } },
      }),
    ),
  );

/** A server as it was. */
export const timelineQuery = (tenant: string, guild: string, at: string) =>
  queryOptions({
    queryKey: ['timeline', tenant, guild, at],
    queryFn: ({ signal }) =>
      valueOf(
        api.GET('/v1/tenants/{tenant}/guilds/{guild}/timeline', {
          signal,
          params: { path: { tenant, guild }, query: { at } },
        }),
      ),
  });

/** Enough for a busy day; the rest of a longer time is not shown. */
const maxEventPages = 20;

/** What happened in a server, oldest first. */
export const timelineEventsQuery = (
  tenant: string,
  guild: string,
  range: { readonly from: string; readonly to: string },
) =>
  queryOptions({
    queryKey: ['timeline-events', tenant, guild, range.from, range.to],
    queryFn: ({ signal }) =>
      whole(maxEventPages, (page) =>
        valueOf(
          api.GET('/v1/tenants/{tenant}/guilds/{guild}/timeline/events', {
            signal,
            params: { path: { tenant, guild }, query: { ...page, ...range } },
          }),
        ),
      ),
  });

export const statisticsQuery = (tenant: string, range: StatisticsRange) =>
  queryOptions({
    queryKey: ['statistics', tenant, range],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/statistics', { signal, params: { path: { tenant }, query: range } })),
  });

/** What is played now, of all servers of a tenant. */
export const recentPlaysQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['recent-plays', tenant],
    queryFn: ({ signal }) =>
      valueOf(
        api.GET('/v1/tenants/{tenant}/statistics/recent', {
          signal,
          params: { path: { tenant }, query: { minutes: 60 } },
        }),
      ),
  });

/** What is played most now. */
export const recentTopsQuery = (tenant: string, last: 'hour' | 'day') =>
  queryOptions({
    queryKey: ['recent-tops', tenant, last],
    queryFn: ({ signal }) =>
      valueOf(
        api.GET('/v1/tenants/{tenant}/statistics/recent/top', {
          signal,
          params: { path: { tenant }, query: { last } },
        }),
      ),
  });

/** What was played most, and who asked for it. */
export const topsQuery = (tenant: string, range: Omit<StatisticsRange, 'by' | 'timeZone'>) =>
  queryOptions({
    queryKey: ['tops', tenant, range],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/statistics/top', { signal, params: { path: { tenant }, query: range } })),
  });

export const hostedTenantsQuery = paged(['hosted-tenants'], ({ page, signal }) =>
  valueOf(api.GET('/v1/operator/tenants', { signal, params: { query: page } })),
);

export const operatorsQuery = paged(['operators'], ({ page, signal }) =>
  valueOf(api.GET('/v1/operators', { signal, params: { query: page } })),
);

export const lavalinkNodesQuery = queryOptions({
  queryKey: ['lavalink-nodes'],
  queryFn: ({ signal }) => valueOf(api.GET('/v1/operator/nodes', { signal })),
});

export const machinesQuery = queryOptions({
  queryKey: ['machines'],
  queryFn: ({ signal }) => valueOf(api.GET('/v1/operator/machines', { signal })),
});

export const placementQuery = (hosted: string) =>
  queryOptions({
    queryKey: ['placement', hosted],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/operator/tenants/{hosted}/placement', { signal, params: { path: { hosted } } })),
  });

export const workflowsQuery = queryOptions({
  queryKey: ['workflows'],
  queryFn: ({ signal }) => valueOf(api.GET('/v1/operator/workflows', { signal })),
});

export const schedulesQuery = queryOptions({
  queryKey: ['schedules'],
  queryFn: ({ signal }) => valueOf(api.GET('/v1/operator/schedules', { signal })),
});

export const deadLettersQuery = paged(['dead-letters'], ({ page, signal }) =>
  valueOf(api.GET('/v1/operator/dead-letters', { signal, params: { query: page } })),
);

export const projectionsQuery = queryOptions({
  queryKey: ['projections'],
  queryFn: ({ signal }) => valueOf(api.GET('/v1/operator/projections', { signal })),
});

/** A whole list, up to `maxPages` pages of 100. */
async function whole<Item>(
  maxPages: number,
  read: (page: Asked['page']) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { items, nextCursor } = await read({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...items);
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return all;
}

/** The edge lists at most 2,500 guilds. */
const maxGuildPages = 25;
/** Members beyond these pages are shown by their ids. */
const maxMemberPages = 10;

/** Every server that the bot is in. */
export const guildsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['guilds', tenant],
    queryFn: ({ signal }) =>
      whole(maxGuildPages, (query) =>
        valueOf(api.GET('/v1/tenants/{tenant}/guilds', { signal, params: { path: { tenant }, query } })),
      ),
  });

/** Every member, to look up people's names. */
export const everyMemberQuery = (tenant: string) =>
  queryOptions({
    queryKey: [...membersQuery(tenant).queryKey, 'all'],
    queryFn: ({ signal }) =>
      whole(maxMemberPages, (query) =>
        valueOf(api.GET('/v1/tenants/{tenant}/members', { signal, params: { path: { tenant }, query } })),
      ),
    staleTime: 60_000,
  });

/** The keys that encrypt the tenant's data and sign its audit log. */
export const keysQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['keys', tenant],
    queryFn: ({ signal }) => valueOf(api.GET('/v1/tenants/{tenant}/keys', { signal, params: { path: { tenant } } })),
  });

/** The key that verifies exports of its audit log. */
export const auditKeyQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['audit-key', tenant],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/audit/key', { signal, params: { path: { tenant } } })),
    staleTime: Infinity,
  });

/** When those that encrypt are rotated. */
export const keyScheduleQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['key-schedule', tenant],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/keys/schedule', { signal, params: { path: { tenant } } })),
  });

/** The key in the tenant's own Vault. */
export const externalKeyQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['external-key', tenant],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/keys/external', { signal, params: { path: { tenant } } })),
  });

/** Members of a server, by name prefix or by ids; at most 25. */
export const guildMembersQuery = (
  tenant: string,
  guild: string,
  asked: { readonly query: string } | { readonly ids: string },
) =>
  queryOptions({
    queryKey: ['guild-members', tenant, guild, asked],
    queryFn: async ({ signal }) =>
      (
        await valueOf(
          api.GET('/v1/tenants/{tenant}/guilds/{guild}/members', {
            signal,
            params: { path: { tenant, guild }, query: asked },
          }),
        )
      ).members,
    staleTime: 5 * 60_000,
    // Names are optional: without one, the id is shown.
    retry: false,
  });

export const guildQuery = (tenant: string, guild: string) =>
  queryOptions({
    queryKey: ['guild', tenant, guild],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/guilds/{guild}', { signal, params: { path: { tenant, guild } } })),
    staleTime: 60_000,
  });

/** What can be switched off: in a server, or in all of them. */
export const featuresQuery = (tenant: string, guild: string | undefined) =>
  queryOptions({
    queryKey: ['features', tenant, guild ?? 'all'],
    queryFn: ({ signal }) =>
      valueOf(
        guild === undefined
          ? api.GET('/v1/tenants/{tenant}/features', { signal, params: { path: { tenant } } })
          : api.GET('/v1/tenants/{tenant}/guilds/{guild}/features', { signal, params: { path: { tenant, guild } } }),
      ),
  });

/** How the bot behaves in a server. */
export const guildSettingsQuery = (tenant: string, guild: string) =>
  queryOptions({
    queryKey: ['guild-settings', tenant, guild],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/guilds/{guild}/settings', { signal, params: { path: { tenant, guild } } })),
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
