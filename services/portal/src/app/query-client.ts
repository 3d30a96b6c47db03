import { QueryCache, QueryClient, MutationCache } from '@tanstack/react-query';
import { Problem } from '../api/problem.ts';
import { SessionOver } from '../api/session.ts';
import { fragment } from './fragment.ts';

/** What is asked once and shown in many places. A refusal is final; what could not be reached is tried again. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveWhenOver }),
  mutationCache: new MutationCache({ onError: leaveWhenOver }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => mayPass(error) && failures < 3,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
    },
    mutations: { retry: false },
  },
});

const mayPass = (error: unknown): boolean =>
  error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 502);

/** To the sign-in, and from there back to where one was. */
function leaveWhenOver(error: unknown): void {
  if (!(error instanceof SessionOver) || location.pathname === '/sign-in') return;
  queryClient.clear();
  fragment.keep();
  const returnTo = location.pathname + location.search;
  const query = returnTo === '/' ? '' : `?returnTo=${encodeURIComponent(returnTo)}`;
  history.pushState(null, '', `/sign-in${query}`);
}
