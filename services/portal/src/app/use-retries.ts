import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { api } from '../api/client.ts';
import { SessionOver } from '../api/session.ts';
import { leaveForSignIn } from './leave.ts';
import { queryClient } from './query-client.ts';
import { Retries, type RetryState } from './retries.ts';

const retries = retriesOfPage(queryClient);

/** What is being done about what could not be loaded, and how to have it done now. */
export function useRetries(): { readonly state: RetryState; readonly now: () => void } {
  const state = useSyncExternalStore(retries.subscribe, () => retries.state);
  return { state, now: retries.now };
}

/** The retries of this page, which begin again as soon as somebody looks at it or the network is back. */
function retriesOfPage(client: QueryClient): Retries {
  const retries = new Retries(client, {
    probe: () => api.GET('/v1/me'),
    unanswered(error) {
      if (error instanceof SessionOver) leaveForSignIn(client);
    },
    isAwake: () => document.visibilityState === 'visible' && navigator.onLine,
    now: Date.now,
  });
  document.addEventListener('visibilitychange', () => {
    if (retries.state.kind === 'resting' && document.visibilityState === 'visible') retries.now();
  });
  addEventListener('online', () => {
    retries.now();
    // What was shown meanwhile may be old.
    void client.invalidateQueries();
  });
  return retries;
}
