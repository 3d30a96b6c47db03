import type { QueryClient } from '@tanstack/react-query';
import type { Player } from '../../api/types.ts';

/** What plays, by guild. */
export type Players = Readonly<Record<string, Player>>;

export const playersKey = (tenant: string) => ['players', tenant];

/** Takes a player that the stream or an answer told of; an older one than is known changes nothing. */
export function takePlayer(client: QueryClient, tenant: string, player: Player): void {
  client.setQueryData<Players>(playersKey(tenant), (before = {}) => {
    const known = before[player.guild];
    if (known && known.version > player.version) return before;
    return { ...before, [player.guild]: player };
  });
}
