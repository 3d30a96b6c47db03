import type { QueryClient } from '@tanstack/react-query';
import { meQuery } from '../api/queries.ts';
import { fragment } from './fragment.ts';

/** To the sign-in, and from there back to where one was. */
export function leaveForSignIn(client: QueryClient): void {
  if (location.pathname === '/sign-in') return;
  client.clear();
  fragment.keep();
  const returnTo = location.pathname + location.search;
  const query = returnTo === '/' ? '' : `?returnTo=${encodeURIComponent(returnTo)}`;
  history.pushState(null, '', `/sign-in${query}`);
}

/**
 * What is known here of a tenant that one has just deleted or left is dropped before anything asks for it again. To be
 * called together with leaving its screens.
 */
export function forgetTenant(client: QueryClient, tenant: string): void {
  client.setQueryData(meQuery.queryKey, (me) => me && { ...me, tenants: me.tenants.filter(({ id }) => id !== tenant) });
  void client.invalidateQueries({ queryKey: meQuery.queryKey });
}
