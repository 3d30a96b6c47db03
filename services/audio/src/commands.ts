import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import { libraryErrorCodes } from '#services/contracts/library.ts';
import { changeLibrary, exportPlaylist, listPlaylists, playLibrary, readLibrary } from './application/library.ts';
import { deleteSessions } from './application/delete-sessions.ts';
import { enqueue } from './application/enqueue.ts';
import { eraseMember } from './application/erase-member.ts';
import {
  changeSettings,
  readSettings,
  replaceSettings,
  type SettingsPorts,
  type SettingsStore,
} from './application/guild-settings.ts';
import { join } from './application/join.ts';
import { list, read, slice } from './application/read.ts';
import type { LoadPorts } from './application/load.ts';
import { lyrics } from './application/lyrics.ts';
import { move } from './application/move.ts';
import { operate } from './application/operate.ts';
import { pause } from './application/pause.ts';
import { pick } from './application/pick.ts';
import { remove } from './application/remove.ts';
import { resume } from './application/resume.ts';
import { search } from './application/search.ts';
import { setMessage } from './application/set-message.ts';
import { setVolume } from './application/set-volume.ts';
import { skip } from './application/skip.ts';
import { sound } from './application/sound.ts';
import { stop } from './application/stop.ts';
import type { LongQueues } from './application/long-queues.ts';
import type { NodeFollower } from './application/follow-node.ts';
import type { TrackListStore } from './application/track-lists.ts';
import type { Lavalink, SessionStore, VoiceGateway } from './application/ports.ts';
import type { UnitOfWork, UnitsOfWork } from './application/unit-of-work.ts';
import type { SourcePolicy } from './domain/source-policy.ts';
import type { LibraryCommands } from './presentation/library-routes.ts';
import type { PlayerCommands } from './presentation/player-routes.ts';
import type { SettingsCommands } from './presentation/settings-routes.ts';

export const playerBusy = () =>
  callerFault('player.busy', 'Too many requests for this player at once. Try again in a moment.', 429);

/** One tenant's concurrent loads, and how many more may wait. */
const loadMutex = { concurrency: 4, waiting: 16, busy: playerBusy };

/** One member's changes run one after the other. */
const libraryMutex = {
  concurrency: 1,
  waiting: 10,
  busy: () => callerFault(libraryErrorCodes.busy, 'Too many requests at once. Try again in a moment.', 429),
};

/** What players do when asked, one file each in `application/`. */
export function commandsOf(
  policy: SourcePolicy,
  {
    lavalink,
    found,
    lists,
    settings,
    nodeFollower,
    store,
    unitsOfWork,
    longQueues,
    features,
    voice,
    clock,
  }: {
    readonly lavalink: Lavalink;
    readonly found: LoadPorts['found'];
    readonly lists: TrackListStore;
    readonly settings: SettingsStore;
    readonly nodeFollower: NodeFollower;
    readonly store: SessionStore;
    readonly unitsOfWork: UnitsOfWork;
    readonly longQueues: LongQueues;
    readonly features: LoadPorts['features'];
    readonly voice: VoiceGateway;
    readonly clock: Clock;
  },
): { readonly commands: PlayerCommands; readonly library: LibraryCommands } {
  const loads = { lavalink, policy, found, features, clock, loads: new KeyedMutex(loadMutex) };
  const enqueuing = {
    ...loads,
    unitsOfWork,
    longQueues,
    voice,
    settings,
    again: (unit: UnitOfWork) => nodeFollower.again(unit),
  };
  const commands: PlayerCommands = {
    read: (guildKey) => read({ store, settings, features, clock }, guildKey),
    search: (tenant, query, obligations) => search(loads, tenant, query, obligations),
    list: (tenant) => list(store, clock, tenant),
    slice: (guildKey, part) => slice({ store, clock }, guildKey, part),
    sound: (guildKey) => sound({ store, lavalink }, guildKey),
    lyrics: (guildKey) => lyrics({ store, lavalink, clock }, guildKey),
    enqueue: (guildKey, asker, query, how) => enqueue(enqueuing, guildKey, asker, query, how),
    pick: (guildKey, asker, links) => pick(enqueuing, guildKey, asker, links),
    join: (guildKey, asker, channel) => join({ unitsOfWork, voice }, guildKey, asker, channel),
    move: (guildKey, asker, request) => move(unitsOfWork, guildKey, asker, request),
    remove: (guildKey, asker, entryId) => remove(unitsOfWork, guildKey, asker, entryId),
    operate: (guildKey, asker, name, request) =>
      operate({ unitsOfWork, voice, lavalink }, guildKey, asker, name, request),
    pause: (guildKey, asker) => pause(unitsOfWork, guildKey, asker),
    resume: (guildKey, asker) => resume({ unitsOfWork, voice }, guildKey, asker),
    skip: (guildKey, asker) => skip({ unitsOfWork, voice }, guildKey, asker),
    stop: (guildKey, asker) => stop(unitsOfWork, guildKey, asker),
    setVolume: (guildKey, asker, percent) => setVolume(unitsOfWork, guildKey, asker, percent),
    setMessage: (guildKey, message) => setMessage(unitsOfWork, guildKey, message),
    eraseMember: (tenant, user) => eraseMember({ unitsOfWork, store, lists }, tenant, user),
    deleteSessions: (tenant) => deleteSessions({ unitsOfWork, store, lavalink, lists, settings }, tenant),
  };
  const now = () => clock.now();
  const kept = { lists, sessions: store, enqueuing, mutex: new KeyedMutex(libraryMutex), now };
  const library: LibraryCommands = {
    change: (guildKey, asker, name, request) => changeLibrary(kept, guildKey, asker, name, request),
    play: (guildKey, asker, request) => playLibrary(kept, guildKey, asker, request),
    part: (guildKey, asker, name, query) => readLibrary(kept, guildKey, asker, name, query),
    playlists: (guildKey, asker) => listPlaylists(kept, guildKey, asker),
    export: (guildKey, asker, name) => exportPlaylist(kept, guildKey, asker, name),
  };
  return { commands, library };
}

export const settingsCommandsOf = (ports: SettingsPorts): SettingsCommands => ({
  read: (guildKey) => readSettings(ports, guildKey),
  replace: (guildKey, settings, replaces) => replaceSettings(ports, guildKey, settings, replaces),
  change: (guildKey, channel, request) => changeSettings(ports, guildKey, channel, request),
});
