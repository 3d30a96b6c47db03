import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { tenantPath } from '../../api/queries.ts';
import type { Player } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { failed } from '../../parts/toast.ts';
import { takePlayer } from './players.ts';

export interface Control {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** After `/player`. */
  readonly path: string;
  readonly body?: unknown;
}

/** Does something to a player and shows what came of it before the stream tells. */
export function useControl(guild: string) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ method, path, body }: Control) =>
      ask<{ player: Player } | undefined>(method, tenantPath(tenant, `/guilds/${guild}/player${path}`), { body }),
    onSuccess: ({ value }) => value?.player && takePlayer(client, tenant, value),
    onError: failed,
  });
}
