import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { unreachable } from '../api/problem.ts';
import { Retrying } from './retrying.tsx';

const reloadedKey = 'bailiwick.reloaded-at';
/** If the page fails again this soon after a reload, another reload will not help. */
const helplessMs = 60_000;

/**
 * Reloads the page as soon as the platform answers; before that, a reload would leave a blank page. It is a query so
 * that it is retried like everything else that could not be loaded.
 */
export function ReloadOnceThere() {
  const { data } = useQuery({
    queryKey: ['reload'],
    queryFn: async () => {
      const answer = await fetch('/icon.svg', { cache: 'no-store' }).catch(() => undefined);
      if (!answer?.ok) throw unreachable();
      if (Date.now() - Number(sessionStorage.getItem(reloadedKey) ?? 0) < helplessMs) return 'helpless';
      sessionStorage.setItem(reloadedKey, String(Date.now()));
      location.reload();
      return 'reloading';
    },
    retry: false,
    gcTime: 0,
  });
  if (data === 'helpless') return <Button onClick={() => location.reload()}>Reload</Button>;
  return <Retrying />;
}
