import type { Player, Track } from '#services/contracts/player.ts';
import type { QueuedByMember } from '../../application/player-port.ts';
import type { Words } from '../language/en.ts';
import { pageButtons, trackLines, type Page } from './pages.ts';
import { accent, linked, type View } from './player-view.ts';

/** One page of the queue, with its tracks. */
export function queueView(words: Words, player: Player, page: Page, tracks: readonly Track[]): View {
  const { current, queueLength, later = 0 } = player;
  const { queue, pages } = words;
  const rest = later > 0 ? [pages.later(later)] : [];
  const head = (withAddress: boolean) => [
    current ? queue.now(linked(words, current, 80, withAddress)) : words.player.idle,
    '',
    ...(tracks.length === 0 ? [queue.empty] : []),
  ];
  const embed = {
    color: accent,
    title: queue.title,
    description: trackLines(words, tracks, page.from, { head }),
    footer: { text: [pages.page(page.shown, page.pages), pages.inQueue(queueLength), ...rest].join(' · ') },
  };
  return { embeds: [embed], components: pageButtons(words, 'queue', page) };
}

/** What one member has in the queue, with the positions there. */
export function queuedView(words: Words, member: string, { tracks, positions, count }: QueuedByMember): View {
  const { queue, amounts } = words;
  const who = `<@${member}>`;
  if (count === 0) return { embeds: [{ color: accent, description: queue.noneOf(who) }], components: [] };
  const more = count - tracks.length;
  const head = () => [queue.of(who, words.tracks(count)), ''];
  const embed = {
    color: accent,
    description: trackLines(words, tracks, 0, { head, positions }),
    ...(more > 0 ? { footer: { text: queue.moreOf(amounts.number(more)) } } : {}),
  };
  return { embeds: [embed], components: [] };
}
