import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Player } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { failed } from '../../parts/toast.ts';
import { takePlayer } from './players.ts';

/** Something that is done to a player, and how the player is after it. */
export type Control = (path: { tenant: string; guild: string }) => Promise<{ data?: { player: Player } }>;

/** Does something to a player and shows what came of it before the stream tells. */
export function useControl(guild: string) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (control: Control) => control({ tenant, guild }),
    onSuccess: ({ data }) => data && takePlayer(client, tenant, data.player),
    onError: failed,
  });
}
