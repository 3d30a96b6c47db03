import { QueryCache, QueryClient, MutationCache } from '@tanstack/react-query';
import { mayPass } from '../api/problem.ts';
import { SessionOver } from '../api/session.ts';
import { leaveForSignIn } from './leave.ts';
import { loseTenant, tenantLostBy } from './lost-tenants.ts';

/**
 * What is asked once and shown in many places. A refusal is final; what could not be reached is tried again at once,
 * and from then on by retries.ts.
 */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, { queryKey }) => takeLoss(error, queryKey) }),
  mutationCache: new MutationCache({ onError: (error) => takeLoss(error, location.pathname.split('/')) }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => mayPass(error) && failures < 3,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
    },
    mutations: { retry: false },
  },
});

/** The session is over, or the tenant is gone: no screen of it can do anything about that. */
function takeLoss(error: unknown, queryKey: readonly unknown[]): void {
  if (error instanceof SessionOver) return leaveForSignIn(queryClient);
  const tenant = tenantLostBy(error, queryKey);
  if (tenant !== undefined) loseTenant(queryClient, tenant, 'unknown');
}
