import type { Command } from '../framework/command.ts';
import { autoplay } from './autoplay.ts';
import { clear } from './clear.ts';
import { djMode, djRoles, djShow } from './dj.ts';
import { equaliser } from './equaliser.ts';
import { favouriteAdd, favouriteList, favouritePlay, favouriteRemove } from './favourite.ts';
import { filter } from './filter.ts';
import { forward } from './forward.ts';
import { help } from './help.ts';
import { history } from './history.ts';
import { join } from './join.ts';
import { leave } from './leave.ts';
import { loop } from './loop.ts';
import { louder, quieter } from './louder.ts';
import { lyrics } from './lyrics.ts';
import { move } from './move.ts';
import { nowplaying } from './nowplaying.ts';
import { pause } from './pause.ts';
import { pitch } from './pitch.ts';
import { play, playnext, playnow } from './play.ts';
import { playlistExport } from './playlist-export.ts';
import { playlistCopy, playlistImport, playlistShare, playlistUnshare } from './playlist-sharing.ts';
import {
  playlistAdd,
  playlistCreate,
  playlistDelete,
  playlistList,
  playlistMove,
  playlistPlay,
  playlistRemove,
  playlistRename,
  playlistSave,
  playlistShow,
} from './playlist.ts';
import { policyShow } from './policy.ts';
import { previous } from './previous.ts';
import { queue } from './queue.ts';
import { remove } from './remove.ts';
import { replay } from './replay.ts';
import { resume } from './resume.ts';
import { rewind } from './rewind.ts';
import { search } from './search.ts';
import { seek } from './seek.ts';
import { settingsChange, settingsShow } from './settings.ts';
import { shuffle } from './shuffle.ts';
import { skip } from './skip.ts';
import { skipto } from './skipto.ts';
import { speed } from './speed.ts';
import { stats } from './stats.ts';
import { stop } from './stop.ts';
import { swap } from './swap.ts';
import { topCounting, topMine, topServer } from './top.ts';
import { volume } from './volume.ts';
import { voteskipSet, voteskipShow } from './voteskip.ts';
import { why } from './why.ts';

/** Every command of the bot, as `npm run commands` finds them; policies/commands.ts says what each may lead to. */
export const commands = [
  play,
  playnext,
  playnow,
  search,
  pause,
  resume,
  skip,
  stop,
  queue,
  nowplaying,
  lyrics,
  volume,
  louder,
  quieter,
  seek,
  forward,
  rewind,
  replay,
  previous,
  skipto,
  clear,
  shuffle,
  loop,
  autoplay,
  move,
  swap,
  remove,
  filter,
  speed,
  pitch,
  equaliser,
  join,
  leave,
  favouriteAdd,
  favouriteRemove,
  favouriteList,
  favouritePlay,
  playlistCreate,
  playlistAdd,
  playlistShow,
  playlistList,
  playlistPlay,
  playlistRemove,
  playlistRename,
  playlistDelete,
  playlistMove,
  playlistSave,
  playlistImport,
  playlistExport,
  playlistShare,
  playlistUnshare,
  playlistCopy,
  history,
  topServer,
  topMine,
  topCounting,
  stats,
  help,
  why,
  policyShow,
  djShow,
  djRoles,
  djMode,
  voteskipShow,
  voteskipSet,
  settingsShow,
  settingsChange,
] as unknown as readonly Command[];
