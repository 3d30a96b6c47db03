import { IconCloudOff } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';
import { Retrying } from '../parts/retrying.tsx';
import { useRetries } from './use-retries.ts';

const subscribe = (listener: () => void) => {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
};

/** Warns that the page may be out of date: the browser is offline, or part of it could not be updated. */
export function ConnectionBar() {
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  const { state } = useRetries();
  if (online && !state.isOld) return null;
  return (
    <div className="offline">
      <IconCloudOff size={16} aria-hidden />
      <span role="status">
        {online
          ? 'Some of this page could not be updated and may be out of date.'
          : 'You are offline. This page updates when you are back online.'}
      </span>
      {online && <Retrying compact />}
    </div>
  );
}
