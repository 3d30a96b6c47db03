import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, valueOf } from '../../api/client.ts';
import type { Cell, GuildPolicy, PolicyVersion } from '../../api/types.ts';
import { partAbout, type Subject } from './subjects.ts';

/** A version with its ETag, for If-Match when saving (RFC 9110, 8.8.3). */
export type CurrentPolicy = PolicyVersion & { readonly etag: string };

/** The version in a response, with its ETag. */
export async function versionOf(call: Promise<{ data?: PolicyVersion; response: Response }>): Promise<CurrentPolicy> {
  const version = await valueOf(call);
  const { response } = await call;
  return { ...version, etag: response.headers.get('etag') ?? `"${version.version}"` };
}

export const policyQuery = (tenant: string, guild: string) =>
  queryOptions({
    queryKey: ['policy', tenant, guild],
    queryFn: ({ signal }) =>
      versionOf(api.GET('/v1/tenants/{tenant}/guilds/{guild}/policy', { signal, params: { path: { tenant, guild } } })),
    staleTime: 0,
    refetchOnWindowFocus: false,
  });

/** Default policy: version 0. It never changes. */
export const initialPolicyQuery = (tenant: string, guild: string) =>
  queryOptions({
    queryKey: ['policy-initial', tenant, guild],
    queryFn: ({ signal }) =>
      valueOf(
        api.GET('/v1/tenants/{tenant}/guilds/{guild}/policy', {
          signal,
          params: { path: { tenant, guild }, query: { version: 0 } },
        }),
      ),
    staleTime: Infinity,
  });

/** The policy in force as a YAML document. */
export const readYaml = (path: { tenant: string; guild: string }): Promise<string> =>
  valueOf(
    api.GET('/v1/tenants/{tenant}/guilds/{guild}/policy', {
      params: { path },
      headers: { accept: 'application/yaml' },
      parseAs: 'text',
    }),
  );

/**
 * The policy in a document, in YAML or its subset JSON. Saves nothing.
 * @throws Problem with every fault and its location
 */
export async function checkDocument(path: { tenant: string; guild: string }, text: string): Promise<GuildPolicy> {
  const call = api.POST('/v1/tenants/{tenant}/guilds/{guild}/policy/validate', {
    params: { path },
    headers: { 'content-type': 'application/yaml' },
    // Any text: the API parses and validates it.
    body: text as never,
    bodySerializer: String,
  });
  return (await valueOf(call)).policy;
}

/** Whether a draft could be saved, and which parts would have no effect; requested again after each change. */
export const checkQuery = (path: { tenant: string; guild: string }, draft: GuildPolicy) =>
  queryOptions({
    queryKey: ['policy-check', path.tenant, path.guild, draft],
    queryFn: ({ signal }) =>
      valueOf(
        api.POST('/v1/tenants/{tenant}/guilds/{guild}/policy/validate', { signal, params: { path }, body: draft }),
      ),
    staleTime: 60_000,
  });

interface Tried {
  readonly policy: GuildPolicy;
  readonly member: { user?: string; roles?: string[]; permissions?: string; channel?: string };
  /** RFC 3339; defaults to now. */
  readonly at?: string;
}

/** What a proposed policy would let somebody do, as decided by the platform, not the portal. */
export async function tryPolicy(
  path: { tenant: string; guild: string },
  body: Tried,
  signal: AbortSignal,
): Promise<readonly Cell[]> {
  const call = api.POST('/v1/tenants/{tenant}/guilds/{guild}/policy/dry-run', { signal, params: { path }, body });
  return (await valueOf(call)).cells;
}

/** One row of the matrix: somebody with this role alone. */
export const rowQuery = (place: { tenant: string; guild: string }, policy: GuildPolicy, subject: Subject) => {
  const part = partAbout(policy, subject);
  return queryOptions({
    queryKey: ['policy-row', place.tenant, place.guild, subject, part],
    queryFn: ({ signal }) =>
      tryPolicy(place, { policy: part, member: { roles: subject.kind === 'roles' ? [subject.id] : [] } }, signal),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
};
