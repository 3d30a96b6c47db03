import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Player } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { failed } from '../../parts/toast.ts';
import { takePlayer } from './players.ts';

/** An operation on a player; it returns the player's new state. */
export type Control = (path: { tenant: string; guild: string }) => Promise<{ data?: { player: Player } }>;

/** Runs an operation on a player, and shows its result before the stream reports it. */
export function useControl(guild: string) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (control: Control) => control({ tenant, guild }),
    onSuccess: ({ data }) => data && takePlayer(client, tenant, data.player),
    onError: failed,
  });
}
