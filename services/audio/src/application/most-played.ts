import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Tops, TopsQuery } from '#services/contracts/statistics.ts';
import { playsSince, type Kept } from '../domain/track-list.ts';
import type { TrackListStore } from './track-lists.ts';
import { dayAt, dayPrefix, listOfDay } from './played-days.ts';
import { topOfMember } from './top-tracks.ts';

/** Days of a server that are opened for one answer: what there is of ninety servers for four days, or of one for a year. */
const mostDays = 360;
const openedAtOnce = 40;
const shown = 50;

type Day = Awaited<ReturnType<TrackListStore['days']>>[number];

/**
 * The tracks and members behind most of what was played on some days, of all servers or one. Members who do not want to be
 * counted, or did not until one of those days, are not in it.
 */
export async function mostPlayed(
  lists: Pick<TrackListStore, 'days' | 'read'>,
  tenant: TenantId,
  range: TopsQuery,
): Promise<Tops> {
  const { days, since } = await daysOf(lists, tenant, range);
  const tracks = new Map<string, { track: Kept; plays: number }>();
  for (const { list, day } of days)
    for (const track of day.tracks) {
      const key = track.uri ?? track.encoded;
      const before = tracks.get(key);
      const plays = range.since === undefined ? (track.plays ?? 0) : playsSince(track, startOf(list), range.since);
      if (plays > 0) tracks.set(key, { track: before?.track ?? track, plays: (before?.plays ?? 0) + plays });
    }
  return {
    since,
    tracks: [...tracks.values()]
      .toSorted((one, other) => other.plays - one.plays)
      .slice(0, shown)
      .map(({ track: { title, author, uri }, plays }) => ({ title, author, uri, plays })),
    members: range.since === undefined ? await membersOf(lists, tenant, days) : [],
  };
}

const startOf = (list: string): number => Date.parse(list.slice(dayPrefix.length));

/** The newest of them; if those are not all, whole days only. */
async function daysOf(
  lists: Pick<TrackListStore, 'days'>,
  tenant: TenantId,
  { from, to, guild }: Parameters<typeof mostPlayed>[2],
): Promise<{ readonly days: readonly Day[]; readonly since: string }> {
  const days: Day[] = [];
  for (;;) {
    const range = { from: listOfDay(from), to: listOfDay(to), guild, after: days.at(-1), limit: openedAtOnce };
    const next = await lists.days(tenant, range);
    days.push(...next);
    if (next.length < openedAtOnce) return { days, since: from };
    if (days.length >= mostDays) break;
  }
  const oldest = days.at(-1)?.list;
  const whole = days.filter(({ list }) => list !== oldest);
  // More servers than that on a single day: those that there are.
  const kept = whole.length > 0 ? whole : days;
  return { days: kept, since: kept.at(-1)?.list.slice(dayPrefix.length) ?? from };
}

interface Plays {
  readonly user: Snowflake;
  readonly byDay: Map<string, number>;
  readonly byGuild: Map<Snowflake, number>;
}

async function membersOf(
  lists: Pick<TrackListStore, 'read'>,
  tenant: TenantId,
  days: readonly Day[],
): Promise<Tops['members']> {
  const members = new Map<string, Plays>();
  for (const { owner: guild, list, day } of days)
    for (const [user, plays] of Object.entries(day.members ?? {})) {
      const known: Plays = members.get(user) ?? { user: user as Snowflake, byDay: new Map(), byGuild: new Map() };
      members.set(user, known);
      known.byDay.set(list, (known.byDay.get(list) ?? 0) + plays);
      known.byGuild.set(guild, (known.byGuild.get(guild) ?? 0) + plays);
    }
  const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);
  const most = [...members.values()]
    .map((each) => ({ ...each, plays: sum(each.byDay.values()) }))
    .toSorted((one, other) => other.plays - one.plays)
    .slice(0, 2 * shown);
  const found: Tops['members'] = [];
  for (const { user, byDay, byGuild } of most) {
    if (found.length === shown) break;
    const own = await lists.read(topOfMember({ tenant, owner: user }));
    if (own?.uncounted) continue;
    const since = own?.countedSinceMs === undefined ? '' : listOfDay(dayAt(own.countedSinceMs));
    const plays = sum([...byDay].filter(([list]) => list > since).map(([, count]) => count));
    const guild = [...byGuild].toSorted(([, one], [, other]) => other - one)[0]?.[0];
    if (plays > 0 && guild !== undefined) found.push({ guild, user, plays });
  }
  return found.toSorted((one, other) => other.plays - one.plays);
}
