import type { Sound } from '#services/contracts/player.ts';
import type { Lavalink, GuildKey, SessionStore } from './ports.ts';

/** What the playing node itself reports. @throws BailiwickError player.node-unavailable if it is unavailable */
export async function sound(ports: { store: SessionStore; lavalink: Lavalink }, guildKey: GuildKey): Promise<Sound> {
  const session = await ports.store.read(guildKey);
  if (!session?.current || session.node === null) return null;
  const player = await ports.lavalink.player(guildKey, session.node);
  if (!player) return null;
  const { attempt, positionMs, paused, connected } = player;
  const entryId = attempt === session.attempt ? session.current.entryId : null;
  return { entryId, positionMs, paused, connected };
}
