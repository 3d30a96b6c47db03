import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { isLost, loseTenant } from '../app/lost-tenants.ts';
import { tenantQuery } from './queries.ts';
import type { AuditEvents, OnboardingEvents, TenantEvents } from './types.ts';

export type StreamState = 'connecting' | 'open' | 'waiting';

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * Follows a tenant's server-sent events while the component is mounted. The browser reconnects a broken stream. A
 * refused stream is reopened, after increasing delays, once the tenant can be read; if it cannot, because access was
 * lost or the session is over, that read's error leads away from the screen.
 */
export function useEvents<Events extends TenantEvents | OnboardingEvents | AuditEvents>(
  path: string | undefined,
  listeners: { readonly [Name in keyof Events]?: (data: Events[Name]) => void },
): StreamState {
  const [state, setState] = useState<StreamState>('connecting');
  const client = useQueryClient();
  const current = useRef(listeners);
  current.current = listeners;
  const names = Object.keys(listeners).join(' ');
  useEffect(() => {
    if (path === undefined) return undefined;
    const tenant = tenantOf(path);
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pauseMs = firstPauseMs;
    let over = false;
    const again = () => {
      timer = setTimeout(() => {
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        if (over) return;
        client.fetchQuery({ ...tenantQuery(tenant), staleTime: 0, retry: false }).then(open, () => {
          if (!over) again();
        });
      }, pauseMs);
    };
    const open = () => {
      if (over) return;
      source = new EventSource(path);
      source.addEventListener('open', () => {
        pauseMs = firstPauseMs;
        setState('open');
      });
      source.addEventListener('error', () => {
        setState('waiting');
        if (source?.readyState === EventSource.CLOSED) again();
      });
      source.addEventListener('end', (event) => {
        const { reason } = JSON.parse((event as MessageEvent<string>).data) as TenantEvents['end'];
        if (reason === 'deleted') loseTenant(client, tenant, 'deleted');
      });
      for (const name of names.split(' ')) {
        source.addEventListener(name, (event) => {
          const listener = current.current[name as keyof Events];
          listener?.(JSON.parse((event as MessageEvent<string>).data) as Events[keyof Events]);
        });
      }
    };
    open();
    return () => {
      over = true;
      clearTimeout(timer);
      if (source && isLost(client, tenant)) closeAfterItsEnd(source);
      else source?.close();
    };
  }, [client, path, names]);
  return state;
}

/** How long the API may take to say why it ends a stream. */
export const endWithinMs = 2_000;

/** A request may get a 404 before the stream reports that the tenant was deleted. */
function closeAfterItsEnd(source: EventSource): void {
  const close = () => source.close();
  source.addEventListener('end', close);
  source.addEventListener('error', close);
  setTimeout(close, endWithinMs);
}

/** Every stream belongs to one tenant, whose id is in its path. */
const tenantOf = (path: string): string => /^\/v1\/tenants\/([^/?]+)/.exec(path)?.[1] ?? '';
