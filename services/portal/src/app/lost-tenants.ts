import { skipToken, useQuery, type QueryClient } from '@tanstack/react-query';
import { Problem } from '../api/problem.ts';
import { meQuery } from '../api/queries.ts';

/** Why one cannot look at a tenant any more, as far as the platform says. */
export type LossReason = 'deleted' | 'unknown';

const keyOf = (tenant: string) => ['lost', tenant];

/** Remembers that a tenant is not there for whoever looks at it: its screens go, and ask for nothing more. */
export function loseTenant(client: QueryClient, tenant: string, reason: LossReason): void {
  client.setQueryData<LossReason>(keyOf(tenant), (before) => (before === 'deleted' ? before : reason));
  void client.invalidateQueries({ queryKey: meQuery.queryKey });
}

/** Takes back what is known of a loss: one was invited again. */
export const findTenant = (client: QueryClient, tenant: string): void =>
  client.removeQueries({ queryKey: keyOf(tenant) });

/** Whether it is known here that a tenant is not there any more. */
export const isLost = (client: QueryClient, tenant: string): boolean =>
  client.getQueryData(keyOf(tenant)) !== undefined;

/** undefined while one may look at it. */
export const useLostTenant = (tenant: string): LossReason | undefined =>
  useQuery<LossReason>({ queryKey: keyOf(tenant), queryFn: skipToken, gcTime: Infinity }).data;

/** The tenant of a query that was answered with: there is no such tenant. */
export function tenantLostBy(error: unknown, queryKey: readonly unknown[]): string | undefined {
  if (!(error instanceof Problem) || error.status !== 404 || error.code !== 'tenant.unknown') return undefined;
  return queryKey.find((part): part is string => typeof part === 'string' && part.startsWith('ten_'));
}
