import type { Snowflake } from '#infra/kernel/ids.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import {
  playerErrorCodes,
  type OperationRequest,
  type OperationResponse,
  type PlayerOperation,
} from '#services/contracts/player.ts';
import { setAutoplay } from '../domain/autoplay.ts';
import { countLater } from '../domain/later.ts';
import { trackOf } from '../domain/entry.ts';
import type { Added } from '../domain/idempotency.ts';
import { nodeFiltersOf, noFilters, toggled, type Filters } from '../domain/filters.ts';
import { leave, mustBeInVoice } from '../domain/leave.ts';
import { mustPlay } from '../domain/must-play.ts';
import { seek, timeOf } from '../domain/position.ts';
import {
  clear,
  moveAt,
  previous,
  removeSelected,
  nextLoop,
  setLoop,
  shuffle,
  skipTo,
  swap,
  unshuffle,
  type Arranged,
} from '../domain/queue-order.ts';
import { entered } from '../domain/voice-presence.ts';
import { setFilters, setVolume } from '../domain/controls.ts';
import type { Change, Session } from '../domain/session.ts';
import { channelToPlayIn, mustListen, type Asker } from './member-rules.ts';
import type { GuildKey, Lavalink, VoiceGateway, VoiceState } from './ports.ts';
import type { UnitOfWork, UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

export interface OperatePorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly voice: VoiceGateway;
  readonly lavalink: Pick<Lavalink, 'abilities'>;
}

interface Occasion {
  readonly asker: Asker;
  readonly guildKey: GuildKey;
  readonly voice: VoiceGateway;
  readonly lavalink: OperatePorts['lavalink'];
  readonly nowMs: number;
}

type Outcome = (Change | Arranged) & { readonly affected?: Arranged['affected'] };
type Operations = {
  readonly [Name in PlayerOperation]: (
    session: Session,
    request: OperationRequest<Name>,
    occasion: Occasion,
  ) => Outcome | Promise<Outcome>;
};

/** Percent. */
const volumeStep = 10;

/** What each operation does to a session; whoever requests it must listen, except to bring the bot to them. */
const operations: Operations = {
  louder(session) {
    mustPlay(session);
    return setVolume(session, session.volume + volumeStep);
  },
  quieter(session) {
    mustPlay(session);
    return setVolume(session, session.volume - volumeStep);
  },
  seek(session, request, { nowMs }) {
    if (request === undefined) return seek(session, { toMs: 0 }, nowMs);
    if ('to' in request) return seek(session, { toMs: timeOf(request.to) }, nowMs);
    const bySec = 'forwardSec' in request ? request.forwardSec : -request.rewindSec;
    return seek(session, { byMs: bySec * 1_000 }, nowMs);
  },
  jump(session, request, { nowMs }) {
    if (request === undefined) return previous(session, nowMs);
    // Where the bot has left, whoever wants to hear the queue brings it back.
    if (session.queue.length > 0) mustBeInVoice(session);
    return skipTo(session, request.position, nowMs);
  },
  clear: (session) => clear(session),
  shuffle: (session, request) => (request?.undo ? unshuffle(session) : shuffle(session, Math.random)),
  loop: (session, request) => setLoop(session, request?.mode ?? nextLoop[session.loop]),
  arrange: (session, request) =>
    'from' in request ? moveAt(session, request.from, request.to) : swap(session, request.first, request.second),
  remove(session, request, { asker, guildKey, voice }) {
    const owner = asker.obligations?.onlyOwn && asker.user !== null ? asker.user : undefined;
    if (!('which' in request)) return removeSelected(session, request, owner);
    if (request.which === 'duplicates') return removeSelected(session, { which: 'duplicates' }, owner);
    return removeSelected(session, { which: 'absent', isAbsent: absence(asker, voice.state(guildKey)) }, owner);
  },
  filter(session, request, { nowMs, lavalink }) {
    mustPlay(session);
    const filters = filtersAfter(session.filters, request);
    mustHaveFilters(lavalink, session.filters, filters);
    return setFilters(session, filters, nowMs);
  },
  async join(session, _request, { asker, guildKey, voice }) {
    const state = voice.state(guildKey);
    const channel = channelToPlayIn(asker, state, undefined, session);
    if (state?.channelId !== channel || !state.server) await voice.join(guildKey, channel);
    return entered(session, channel);
  },
  leave: (session, _request, { nowMs }) => leave(session, nowMs),
  autoplay(session, request, { asker }) {
    mustBeInVoice(session);
    return setAutoplay(session, request?.on, asker.obligations);
  },
};

function filtersAfter(filters: Filters, request: OperationRequest<'filter'>): Filters {
  if (request === undefined) return { ...filters, equaliser: noFilters.equaliser };
  if ('preset' in request) return request.preset === 'off' ? noFilters : toggled(filters, request.preset);
  if ('speed' in request) return { ...filters, speed: request.speed };
  if ('pitch' in request) return { ...filters, pitch: request.pitch };
  const { bass = 0, mid = 0, treble = 0 } = request;
  return { ...filters, equaliser: { bass, mid, treble } };
}

/** Those that are on already may stay on: the music may have come from a node that has them. */
function mustHaveFilters(lavalink: OperatePorts['lavalink'], before: Filters, after: Filters): void {
  const { filters: known } = lavalink.abilities();
  const on = Object.keys(nodeFiltersOf(before));
  const missing = Object.keys(nodeFiltersOf(after)).find(
    (name) => !on.includes(name) && known?.includes(name) === false,
  );
  if (missing === undefined) return;
  throw callerFault(playerErrorCodes.filterMissing, 'The music server has no such filter. Try another one.', 422);
}

/**
 * Those who listen; if there are too many to know them all, nobody counts as absent. Whoever asks is listening, even if
 * that has not been reported yet.
 */
const absence = (asker: Asker, voice: VoiceState | undefined) => (member: Snowflake) =>
  voice?.listenerIds !== undefined && member !== asker.user && !voice.listenerIds.includes(member);

/** Carries out an operation of a member, once per request; a repeated request gets the same answer. */
export function operate<Name extends PlayerOperation>(
  { unitsOfWork, voice, lavalink }: OperatePorts,
  guildKey: GuildKey,
  asker: Asker,
  name: Name,
  request: OperationRequest<Name>,
): Promise<OperationResponse> {
  const change: Operations[Name] = operations[name];
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      if (name !== 'join') mustListen(asker, unit.session);
      const before = unit.session;
      const outcome = await change(unit.session, request, { asker, guildKey, voice, lavalink, nowMs: unit.nowMs });
      const { affected = [] } = outcome;
      const gone = countLater(before) - countLater(outcome.session);
      const done = { first: affected[0] ?? null, count: affected.length + gone, playlistName: null, leftOut: [] };
      await unit.apply(outcome, done);
      unit.mustHaveAnswered();
      return answer(unit, done);
    },
    (unit, { added }) => answer(unit, added),
  );
}

const answer = (unit: UnitOfWork, done?: Added): OperationResponse => ({
  player: shown(unit),
  count: done?.count ?? 0,
  first: done?.first ? trackOf(done.first) : null,
});
