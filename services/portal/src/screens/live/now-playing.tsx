import type { PlayerSummary } from '../../api/types.ts';

/** The current track in one line. */
export function NowPlaying({ player }: { player: PlayerSummary | null }) {
  if (!player?.current) return <span className="row-text">Nothing is playing</span>;
  const more = player.queueLength > 0 ? ` · ${player.queueLength} more` : '';
  return (
    <span className="row-text ellipsis">
      <bdi>{player.current.title}</bdi> · <bdi>{player.current.author}</bdi>
      {more}
    </span>
  );
}
