import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes, type EnqueueResponse } from '#services/contracts/player.ts';
import { mostWaiting } from '#services/contracts/settings.ts';
import { stop } from '../domain/controls.ts';
import { countLater, hasRoom, withPages } from '../domain/later.ts';
import { enqueue as enqueueEntries, type Placement } from '../domain/queueing.ts';
import type { Session } from '../domain/session.ts';
import type { Added } from '../domain/idempotency.ts';
import { leftOutFor, playable, withinQuota } from '../domain/obligations.ts';
import { trackOf, type Entry } from '../domain/entry.ts';
import { readSettings, type SettingsStore } from './guild-settings.ts';
import { findFor, type Found, type LoadPorts } from './load.ts';
import { channelToPlayIn, type Asker } from './member-rules.ts';
import type { LongQueues } from './long-queues.ts';
import type { GuildKey, VoiceGateway } from './ports.ts';
import type { UnitOfWork, UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

export interface EnqueuePorts extends LoadPorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly voice: VoiceGateway;
  readonly settings: Pick<SettingsStore, 'read'>;
  readonly longQueues: Pick<LongQueues, 'keep'>;
  /** Tries again to play what is waiting. */
  readonly again: (unit: UnitOfWork) => Promise<void>;
}

/**
 * Adds the result of a search or URL, joining the member's voice channel if necessary. Refused before anything is
 * loaded if the member's channel does not allow it, and again when it is this guild's turn, since things change.
 * `named` is the voice channel that a caller of the portal names for a bot that is in none.
 */
export function enqueue(
  ports: EnqueuePorts,
  guildKey: GuildKey,
  asker: Asker,
  query: string,
  how?: HowToAdd,
): Promise<EnqueueResponse> {
  return enqueueFound(ports, guildKey, asker, () => findFor(ports, guildKey, query), how);
}

interface HowToAdd {
  readonly named?: Snowflake | undefined;
  readonly placement?: Placement | undefined;
}

/** The same with what `lookUp` finds, for example in a playlist. */
export async function enqueueFound(
  ports: EnqueuePorts,
  guildKey: GuildKey,
  asker: Asker,
  lookUp: () => Promise<Found>,
  { named, placement }: HowToAdd = {},
): Promise<EnqueueResponse> {
  channelToPlayIn(asker, ports.voice.state(guildKey), named);
  const found = await lookUp();
  const wanted = playable(found.entries, asker.obligations);
  const entries = wanted.entries
    .slice(0, found.isSearch ? 1 : mostWaiting)
    .map((entry): Entry => ({ ...entry, requestedBy: asker.user }));
  const { playlistName } = found;
  const addTo = async (unit: UnitOfWork): Promise<EnqueueResponse> => {
    const channel = channelToPlayIn(asker, ports.voice.state(guildKey), named, unit.session);
    const comes = unit.session.voiceChannel === null;
    const { settings } = await readSettings(ports, guildKey);
    const room = roomFor(unit.session, settings.queueLimit ?? mostWaiting);
    const fitting = withinQuota(unit.session, entries, asker.user, asker.obligations);
    await join(ports.voice, unit, channel);
    const text = asker.kind === 'discord' ? asker.channel : null;
    const fit = fitting.entries.slice(0, room);
    const place = placement ?? (settings.fair ? 'in-turn' : 'last');
    const started = enqueueEntries(unit.session, fit, { voice: channel, text }, unit.nowMs, place);
    const pages = await ports.longQueues.keep(unit, fit.slice(started.added.length));
    const change = withPages(started, pages);
    const count = started.added.length + countLater({ later: pages });
    const first = count > 0 ? (fit[0] ?? null) : null;
    const full = leftOutFor('queue-full', fitting.entries.length - count);
    const leftOut = found.isSearch ? [] : [...found.leftOut, ...wanted.leftOut, ...fitting.leftOut, ...full];
    const added = { first, count, playlistName, leftOut };
    const waited = unit.session.current !== null && unit.session.playback === 'waiting';
    await unit.apply(change, added);
    if (waited) await ports.again(unit);
    if (comes) await leaveIfRefused(unit, added);
    return answer(unit, added);
  };
  return ports.unitsOfWork.once(guildKey, asker.idempotencyKey, addTo, (unit, { added }) => answer(unit, added));
}

/** Why nothing is left of what was added: the node refused a single track at once, or the music was ended since. */
function refusalOf({ session }: UnitOfWork, { first, playlistName }: Added): Session['reason'] {
  const { reason, current, queue, history, voiceChannel } = session;
  if (first === null || [current, ...queue, ...history].some((entry) => entry?.entryId === first.entryId)) return null;
  if (voiceChannel === null) return reason;
  return playlistName === null && reason?.entryId === first.entryId ? reason : null;
}

/** The bot has come for what the node has refused, and nothing else waits: it goes again. */
async function leaveIfRefused(unit: UnitOfWork, added: Added): Promise<void> {
  const { current, queue, later } = unit.session;
  const refusal = refusalOf(unit, added);
  if (!refusal || current || queue.length > 0 || later.length > 0) return;
  await unit.apply(stop(unit.session, unit.nowMs, refusal.why));
}

const nothing: Added = { first: null, count: 0, playlistName: null, leftOut: [] };

function answer(unit: UnitOfWork, added: Added = nothing): EnqueueResponse {
  const { first, count, playlistName, leftOut } = added;
  const refusal = refusalOf(unit, added);
  const refused = { refused: refusal?.text ?? null, refusedWhy: refusal?.why ?? null };
  const outcome = { addedCount: count, leftOut: [...leftOut], ...refused, playlistName };
  return { added: first ? [trackOf(first)] : [], ...outcome, player: shown(unit) };
}

async function join(voice: VoiceGateway, unit: UnitOfWork, channel: GuildKey['guild']): Promise<void> {
  const state = voice.state(unit.guildKey);
  if (state?.channelId === channel && state.server) return;
  await voice.join(unit.guildKey, channel);
}

/**
 * How many more the queue takes; without a current track the first leaves it at once.
 * @throws BailiwickError player.queue-full (409) if it has `most` already, or there can be no further page
 */
function roomFor(session: Session, most: number): number {
  const waiting = session.queue.length + countLater(session);
  if (waiting < most && hasRoom(session)) return most - waiting + (session.current ? 0 : 1);
  throw callerFault(
    playerErrorCodes.queueFull,
    `The queue is full (${waiting} tracks). Skip some, or wait until some have played.`,
    409,
  );
}
