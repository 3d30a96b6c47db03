import { QueryCache, QueryClient, MutationCache } from '@tanstack/react-query';
import { mayPass } from '../api/problem.ts';
import { SessionOver } from '../api/session.ts';
import { leaveForSignIn } from './leave.ts';
import { loseTenant, tenantLostBy } from './lost-tenants.ts';

/**
 * The cache of everything that is loaded. A refusal is final; failures that may pass are retried three times within
 * seconds, and from then on by retries.ts.
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

/** Handles the errors that no screen can: the session is over, or the tenant is gone. */
function takeLoss(error: unknown, queryKey: readonly unknown[]): void {
  if (error instanceof SessionOver) return leaveForSignIn(queryClient);
  const tenant = tenantLostBy(error, queryKey);
  if (tenant !== undefined) loseTenant(queryClient, tenant, 'unknown');
}
