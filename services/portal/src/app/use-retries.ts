import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { api } from '../api/client.ts';
import { SessionOver } from '../api/session.ts';
import { leaveForSignIn } from './leave.ts';
import { queryClient } from './query-client.ts';
import { Retries, type RetryState } from './retries.ts';

const retries = retriesOfPage(queryClient);

/** The state of retrying what could not be loaded, and a way to retry now. */
export function useRetries(): { readonly state: RetryState; readonly now: () => void } {
  const state = useSyncExternalStore(retries.subscribe, () => retries.state);
  return { state, now: retries.now };
}

/** The retries of this page, which resume as soon as it is visible again or the network is back. */
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
    // What is shown may be out of date.
    void client.invalidateQueries();
  });
  return retries;
}
