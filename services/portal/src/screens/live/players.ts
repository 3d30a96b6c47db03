import type { QueryClient } from '@tanstack/react-query';
import type { Player } from '../../api/types.ts';

/** Players by guild id. */
export type Players = Readonly<Record<string, Player>>;

export const playersKey = (tenant: string) => ['players', tenant];

/** Stores a player from the stream or a response, unless a newer version is already known. */
export function takePlayer(client: QueryClient, tenant: string, player: Player): void {
  client.setQueryData<Players>(playersKey(tenant), (before = {}) => {
    const known = before[player.guild];
    if (known && known.version > player.version) return before;
    return { ...before, [player.guild]: player };
  });
}
