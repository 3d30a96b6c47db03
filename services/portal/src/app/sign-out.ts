import { useSyncExternalStore } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { failed } from '../parts/toast.ts';
import { drafts } from './drafts.ts';

let isUnderWay = false;
const watchers = new Set<() => void>();

function set(next: boolean): void {
  isUnderWay = next;
  for (const watcher of watchers) watcher();
}

const subscribe = (watcher: () => void) => {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
};

/** While true, no screen is mounted: it would send requests with a session that has ended. */
export const useSigningOut = (): boolean => useSyncExternalStore(subscribe, () => isUnderWay);

/** Ends sessions with `end`, clears what this tab holds, and goes to the sign-in page. */
export function useSignOut(end: () => Promise<unknown>): () => Promise<void> {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  return async () => {
    set(true);
    try {
      await end();
      client.clear();
      drafts.dropAll();
      navigate('/sign-in');
    } catch (error) {
      failed(error);
    } finally {
      set(false);
    }
  };
}
