import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, type Ask } from './client.ts';
import type { GuildDetail, GuildSummary, Me, Page, TenantState } from './types.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => api.get<Me>('/v1/me', { signal }),
  staleTime: 60_000,
});

export const tenantPath = (tenant: string, rest = ''): string => `/v1/tenants/${tenant}${rest}`;

export const tenantQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant],
    queryFn: ({ signal }) => api.get<TenantState>(tenantPath(tenant), { signal }),
  });

/** A list that the API gives out page by page. */
export const pagedQuery = <Item>(path: string, query: Ask['query'] = {}) =>
  infiniteQueryOptions({
    queryKey: ['page', path, query],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<Item>>(path, { signal, query: { limit: 50, ...query, cursor: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });

/** The edge names at most 2,500. */
const maxGuildPages = 25;

/** Every server that the bot is in. */
export const guildsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['guilds', tenant],
    async queryFn({ signal }) {
      const guilds: GuildSummary[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < maxGuildPages; page += 1) {
        const query = { limit: 100, cursor };
        const answer = await api.get<Page<GuildSummary>>(tenantPath(tenant, '/guilds'), { signal, query });
        guilds.push(...answer.items);
        if (answer.nextCursor === null) break;
        cursor = answer.nextCursor;
      }
      return guilds;
    },
  });

export const guildQuery = (tenant: string, guild: string) =>
  queryOptions({
    queryKey: ['guild', tenant, guild],
    queryFn: ({ signal }) => api.get<GuildDetail>(tenantPath(tenant, `/guilds/${guild}`), { signal }),
    staleTime: 60_000,
  });
