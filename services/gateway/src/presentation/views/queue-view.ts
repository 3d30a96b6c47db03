import type { Player, Track } from '#services/contracts/player.ts';
import { pageButtons, trackLines, type Page } from './pages.ts';
import { accent, linked, type View } from './player-view.ts';

/** One page of the queue, with its tracks. */
export function queueView(player: Player, page: Page, tracks: readonly Track[]): View {
  const { current, queueLength } = player;
  const head = (withAddress: boolean) => [
    current ? `**Now:** ${linked(current, 80, withAddress)}` : 'Nothing is playing.',
    '',
    ...(tracks.length === 0 ? ['The queue is empty.'] : []),
  ];
  const embed = {
    color: accent,
    title: 'Queue',
    description: trackLines(tracks, page.from, { head }),
    footer: { text: `Page ${page.shown} of ${page.pages} · ${queueLength} in the queue` },
  };
  return { embeds: [embed], components: pageButtons('queue', page) };
}
