import { skipToken, useQuery, type QueryClient } from '@tanstack/react-query';
import { Problem } from '../api/problem.ts';
import { meQuery } from '../api/queries.ts';

/** Why the user can no longer see a tenant, as far as the platform says. */
export type LossReason = 'deleted' | 'unknown';

const keyOf = (tenant: string) => ['lost', tenant];

/** Records that a tenant is gone for this user, so that its screens close and send no more requests. */
export function loseTenant(client: QueryClient, tenant: string, reason: LossReason): void {
  client.setQueryData<LossReason>(keyOf(tenant), (before) => (before === 'deleted' ? before : reason));
  void client.invalidateQueries({ queryKey: meQuery.queryKey });
}

/** Forgets that a tenant was lost: the user has accepted a new invitation. */
export const findTenant = (client: QueryClient, tenant: string): void =>
  client.removeQueries({ queryKey: keyOf(tenant) });

/** Whether a tenant is known to be gone. */
export const isLost = (client: QueryClient, tenant: string): boolean =>
  client.getQueryData(keyOf(tenant)) !== undefined;

/** undefined while the user can see it. */
export const useLostTenant = (tenant: string): LossReason | undefined =>
  useQuery<LossReason>({ queryKey: keyOf(tenant), queryFn: skipToken, gcTime: Infinity }).data;

/** The tenant of a query that failed with `tenant.unknown`. */
export function tenantLostBy(error: unknown, queryKey: readonly unknown[]): string | undefined {
  if (!(error instanceof Problem) || error.status !== 404 || error.code !== 'tenant.unknown') return undefined;
  return queryKey.find((part): part is string => typeof part === 'string' && part.startsWith('ten_'));
}
