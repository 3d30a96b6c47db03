import type { QueryClient } from '@tanstack/react-query';
import { meQuery } from '../api/queries.ts';
import { fragment } from './fragment.ts';

/** Goes to the sign-in page, which returns to the current one. */
export function leaveForSignIn(client: QueryClient): void {
  if (location.pathname === '/sign-in') return;
  client.clear();
  fragment.keep();
  const returnTo = location.pathname + location.search;
  const query = returnTo === '/' ? '' : `?returnTo=${encodeURIComponent(returnTo)}`;
  history.pushState(null, '', `/sign-in${query}`);
}

/**
 * Drops a tenant that the user has just deleted or left from the cache, before anything requests it again. Call it
 * together with navigating away from the tenant's screens.
 */
export function forgetTenant(client: QueryClient, tenant: string): void {
  client.setQueryData(meQuery.queryKey, (me) => me && { ...me, tenants: me.tenants.filter(({ id }) => id !== tenant) });
  void client.invalidateQueries({ queryKey: meQuery.queryKey });
}
