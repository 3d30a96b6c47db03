import { useEffect, useRef, useState } from 'react';
import { api } from './client.ts';
import { SessionOver } from './session.ts';
import type { AuditEvents, OnboardingEvents, TenantEvents } from './types.ts';

export type StreamState = 'connecting' | 'open' | 'waiting';

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * Follows server-sent events while the screen is there. The browser reopens a stream that broke; one that was refused
 * is opened again after the session was looked at (and renewed), with growing pauses.
 */
export function useEvents<Events extends TenantEvents | OnboardingEvents | AuditEvents>(
  path: string | undefined,
  listeners: { readonly [Name in keyof Events]?: (data: Events[Name]) => void },
): StreamState {
  const [state, setState] = useState<StreamState>('connecting');
  const current = useRef(listeners);
  current.current = listeners;
  const names = Object.keys(listeners).join(' ');
  useEffect(() => {
    if (path === undefined) return undefined;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pauseMs = firstPauseMs;
    let over = false;
    const again = () => {
      timer = setTimeout(() => {
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        api
          .GET('/v1/me')
          .then(open)
          .catch((error: unknown) => {
            if (!over && !(error instanceof SessionOver)) again();
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
      source?.close();
    };
  }, [path, names]);
  return state;
}
