import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { GuildPolicy } from '#policies/guild-policy.ts';
import { api, ask } from '../../api/client.ts';
import { tenantPath } from '../../api/queries.ts';
import { partAbout, type Command, type Subject } from './subjects.ts';

export interface PolicyVersion {
  readonly version: number;
  readonly author: string;
  readonly createdAt: string | null;
  readonly policy: GuildPolicy;
}

export interface Cell {
  readonly command: Command;
  readonly allowed: boolean;
  readonly rule?: string;
  readonly message: string;
}

export const policyPath = (tenant: string, guild: string, rest = ''): string =>
  tenantPath(tenant, `/guilds/${guild}/policy${rest}`);

export const policyQuery = (tenant: string, guild: string) =>
  queryOptions({
    queryKey: ['policy', tenant, guild],
    queryFn: async ({ signal }) => {
      const { value, headers } = await ask<PolicyVersion>('GET', policyPath(tenant, guild), { signal });
      return { ...value, etag: headers.get('etag') ?? `"${value.version}"` };
    },
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

/** What a proposed policy would let somebody do, decided by the platform and not by the portal. */
export async function tryPolicy(
  place: { tenant: string; guild: string },
  policy: GuildPolicy,
  member: { user?: string; roles?: readonly string[]; permissions?: string; channel?: string },
  signal?: AbortSignal,
): Promise<readonly Cell[]> {
  const { cells } = await api.post<{ cells: readonly Cell[] }>(
    policyPath(place.tenant, place.guild, '/dry-run'),
    { policy, member },
    signal ? { signal } : {},
  );
  return cells;
}

/** One row of the matrix: somebody with this role alone. */
export const rowQuery = (place: { tenant: string; guild: string }, policy: GuildPolicy, subject: Subject) => {
  const part = partAbout(policy, subject);
  return queryOptions({
    queryKey: ['policy-row', place.tenant, place.guild, subject, part],
    queryFn: ({ signal }) => tryPolicy(place, part, { roles: subject.kind === 'roles' ? [subject.id] : [] }, signal),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
};
