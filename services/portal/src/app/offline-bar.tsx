import { IconCloudOff } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';

const subscribe = (listener: () => void) => {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
};

/** Says that the browser is off the network; what is shown stays, and goes on by itself. */
export function OfflineBar() {
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  if (online) return null;
  return (
    <div className="offline" role="status">
      <IconCloudOff size={16} aria-hidden /> You are offline. What you see may be old; it goes on by itself.
    </div>
  );
}
