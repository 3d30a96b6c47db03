import { largestFileMb } from '#policies/attached-file.ts';
import type { Language } from '#infra/kernel/languages.ts';
import { keptLimit, playlistLimit } from '#services/contracts/library.ts';
import { presetLabels } from '#services/contracts/presets.ts';
import { trackFaults, whys, type WhyCode } from '#services/contracts/why.ts';
import { amountsIn } from './amounts.ts';

const amounts = amountsIn('en');
const { count, number, percent } = amounts;

/**
 * What the bot says in more than one place, and what is said of it; what one command says is in the command's file. It
 * decides which texts the other languages have. A name in braces is replaced by a value (fill.ts).
 */
export const en = {
  language: 'en' as Language,
  amounts,
  tracks: (amount: number) => count(amount, { one: '# track', other: '# tracks' }),
  track: { live: 'LIVE', unknownLength: 'unknown length', untitled: 'Untitled', unknown: 'the track' },
  playlist: 'a playlist',
  player: {
    playing: 'Now playing',
    paused: 'Paused',
    waiting: 'One moment…',
    next: 'Up next',
    noNext: 'Nothing',
    waitingTracks: 'In the queue',
    volume: 'Volume',
    loop: 'Loop',
    loops: { track: 'This track', queue: 'The queue' },
    autoplay: 'Autoplay',
    isOn: 'on',
    filters: 'Filters',
    for: (who: string) => `for ${who}`,
    at: (position: string, length: string) => `${position} of ${length}`,
    ends: (when: string) => `ends ${when}`,
    idle: 'Nothing is playing.',
    start: 'Use /play to start.',
    resumable: (amount: number) => `${number(amount)} in the queue. Use /resume to play them.`,
    continuesAt: (position: string) => `Continues at ${position}.`,
    now: (title: string) => `Now: ${title}.`,
  },
  buttons: {
    resume: 'Resume',
    pause: 'Pause',
    previous: 'Previous',
    skip: 'Skip',
    stop: 'Stop',
    queue: 'Queue',
    shuffle: 'Shuffle',
    favourite: 'Favourite',
    lyrics: 'Lyrics',
    quieter: 'Quieter',
    louder: 'Louder',
    first: 'First',
    back: 'Back',
    next: 'Next',
    last: 'Last',
  },
  filters: {
    presets: presetLabels,
    speed: (value: number) => `Speed ${percent(value)}`,
    pitch: (value: number) => `Pitch ${percent(value)}`,
    equaliser: 'Equaliser',
    none: 'No filters are on.',
    on: (filters: string) => `Filters: ${filters}.`,
  },
  pages: {
    page: (shown: number, pages: number) => `Page ${number(shown)} of ${number(pages)}`,
    inQueue: (amount: number) => `${number(amount)} in the queue`,
    later: (amount: number) => `${number(amount)} more come later`,
    others: 'see others with `page`',
  },
  queue: {
    of: (who: string, tracks: string) => `${who} has ${tracks} in the queue:`,
    noneOf: (who: string) => `${who} has nothing in the queue.`,
    moreOf: (amount: string) => `${amount} more`,
    title: 'Queue',
    now: (title: string) => `**Now:** ${title}`,
    empty: 'The queue is empty.',
  },
  library: {
    yours: 'Your playlists',
    none: 'You have no playlists. Make one with /playlist create.',
  },
  help: {
    title: 'Commands',
    locked: '🔒 The rules of this server do not let you use it in this channel.',
    categories: { information: 'Information', library: 'Favourites and playlists', server: 'Server' },
  },
  categories: {
    adding: 'adding',
    playback: 'playback',
    sound: 'sound',
    order: 'order of the queue',
    viewing: 'viewing',
  },
  policy: {
    title: 'Rules of this server',
    everyone: 'everyone',
    everything: 'every command',
    permissions: {
      administrator: 'Administrator',
      'manage-guild': 'Manage Server',
      'manage-channels': 'Manage Channels',
      'manage-messages': 'Manage Messages',
      'mute-members': 'Mute Members',
      'move-members': 'Move Members',
    },
    otherwise: {
      allow: 'Everybody may do what no rule mentions.',
      deny: 'Nobody may do what no rule mentions.',
    },
    reserved: (categories: string) =>
      `Reserved for DJs: ${categories}. Others may skip the tracks that they requested themselves.`,
    free: 'Nothing is reserved for DJs.',
    djs: (roles: string) =>
      roles === ''
        ? 'DJs are those who manage this server, and whoever is alone with me.'
        : `DJs are ${roles}, those who manage this server, and whoever is alone with me.`,
    votes: (share: string) => `Skipping needs the votes of ${share} of the listeners; DJs need none.`,
    noVotes: 'Skipping needs no votes.',
    sources: (names: string) => `Tracks come only from ${names}.`,
    queued: (amount: number) =>
      `At most ${count(amount, { one: '# track', other: '# tracks' })} per member in the queue.`,
    longest: (length: string) => `Tracks of at most ${length}.`,
    others: (amount: number) => `${number(amount)} more`,
    more: (amount: number) => `… and ${count(amount, { one: '# more rule', other: '# more rules' })}.`,
  },
  enqueue: {
    playing: (title: string) => `Playing **${title}**.`,
    waiting: (title: string) => `**${title}** is waiting.`,
    next: (title: string) => `Added **${title}** · plays next.`,
    at: (title: string, position: number) => `Added **${title}** · position ${number(position)} in the queue.`,
    list: (tracks: string, list: string) => `Added ${tracks} of **${list}**.`,
    several: (tracks: string) => `Added ${tracks}.`,
    nothing: 'Nothing was added.',
    leftOut: (amount: number, reason: string) => `${number(amount)} left out: ${reason}.`,
    reasons: {
      'queue-full': 'the queue is full',
      quota: "you have reached this server's limit of tracks in the queue",
      'playlist-limit': 'one request adds at most 10,000',
      'list-full': 'the list is full',
      'no-link': 'they have no link',
      'file-full': 'the file is full',
      source: 'this server does not allow their source',
      'not-loaded': 'the music server could not load them',
      'too-long': 'longer than this server allows',
      unreadable: "the music server's description of them is invalid",
    },
  },
  noLink: 'There is no link or attachment in this message.',
  unknownCommand: 'I do not know this command.',
  files: {
    oneOf: 'Name what to play or attach a file: one of the two.',
    'not-audio': 'This is not an audio file. I play MP3, FLAC, Ogg, WAV and MP4, among others.',
    'too-large': `This file is too large: I play files of at most ${largestFileMb} MB.`,
    'no-address': 'Discord gives no address for this file. Upload it again.',
  },
  oldMenu: 'This menu no longer works. Use a command instead.',
  oldButton: 'This button no longer works. Use a command instead.',
  tooOften: (waitSec: number) => `You are doing that too often. Try again in ${number(waitSec)} s.`,
  failed: 'Something went wrong on my side. Try again in a moment.',
  maybeDone:
    'Something went wrong on my side, and I do not know whether your command worked. Check the queue before you try again.',
  /** Of a fault, by the id of the interaction or message: the log has it, too. */
  reference: (id: string) => `Reference: \`${id}\``,
  onlyDjs: (command: string) => `Only DJs of this server may use /${command}.`,
  onlyManagers: (command: string) => `Only members who may manage this server can use /${command}.`,
  notByRules: (command: string) =>
    `The rules of this server do not let you use /${command} here. An admin can change them.`,
  /** By the code of the error; a code that is not here is told in the English of whoever refused. */
  refusals: {
    'player.member-not-in-voice': 'Join a voice channel first, then try again.',
    'player.other-voice-channel': 'I am playing in another voice channel. Join me there.',
    'player.waits-elsewhere':
      'Nothing is playing, but the queue belongs to another voice channel. Join it to continue there.',
    'player.nothing-found': 'I found nothing. Try other words or a link.',
    'player.nothing-plays': 'Nothing is playing right now.',
    'player.queue-full': 'The queue is full. Wait for a few tracks to play.',
    'player.voice-unavailable': 'I could not join your voice channel: it may be full, or I may lack permission.',
    'player.node-unavailable': 'The music server is unavailable right now. Try again in a moment.',
    'player.node-no-answer':
      'The music server is not responding. Your request will be carried out as soon as it responds.',
    'player.node-failed': 'The music server failed. Try again in a moment.',
    'player.node-refused': 'The music server refused the request.',
    'player.unexpected-answer': 'The music service gave an unexpected response. Try again in a moment.',
    'player.unavailable':
      'The player cannot be read or changed right now. Try again in a few minutes; what is playing continues.',
    'player.load-failed': 'This track could not be loaded. Try another one.',
    'player.url-refused': 'I do not play links from this site. Try a link from a music service, or a search.',
    'settings.segments-missing': 'The music server cannot leave out parts of videos. Nothing has changed.',
    'feature.off': 'This has been switched off for this server.',
    'player.lyrics-missing': 'The music server of this bot does not offer lyrics.',
    'player.no-lyrics': 'I found no lyrics for this track.',
    'player.link-expired': 'This link to a file has expired. Upload the file again.',
    'player.files-refused': 'This bot does not play uploaded files. Its operator can allow them.',
    'player.source-missing': 'I cannot play music from {source}. Here I play: {sources}.',
    'player.filter-missing': 'The music server has no such filter. Try another one.',
    'player.source-not-allowed': 'This server does not play music from {source}, only from {sources}.',
    'player.track-too-long': 'This server plays tracks of at most {mostSec}.',
    'player.member-quota':
      'You already have {most} in the queue, the most that this server allows. Wait until one has played.',
    'player.unknown-entry': 'This track is no longer in the queue.',
    'player.not-seekable': 'This track has no position to go to: it is a live stream, or its length is unknown.',
    'player.no-such-time': 'This track is only {lengthMs} long. Choose an earlier time, or use /skip.',
    'player.bad-time': 'Write the time as 1:30, 1:02:03, 90 or 1m30s.',
    'player.not-in-voice': 'I am not in a voice channel.',
    'player.no-history': 'Nothing has played before this track.',
    'player.no-such-position': 'The queue has no position {position}; the last is {last}. See /queue.',
    'player.queue-empty': 'The queue is empty. Use /play to add tracks.',
    'player.none-removed': 'No track in the queue matches that. See /queue.',
    'player.not-yours': 'You may only remove tracks that you added yourself.',
    'player.skip-not-yours':
      'You may only skip tracks that you requested yourself. DJs of this server may skip every track.',
    'policy.too-many-dj-roles': 'There are too many DJ roles: a server can have at most 50.',
    'policy.conflict': 'Somebody else changed the rules of this server at the same moment. Try again.',
    'policy.invalid':
      'The rules of this server would become invalid, so nothing was changed. Look at them in the portal.',
    'player.not-shuffled': 'The queue is not shuffled.',
    'player.busy': 'Too many requests for this player at once. Try again in a moment.',
    'player.conflict': 'Somebody else changed this player at the same time. Try again.',
    'player.discord-unreachable': 'Discord cannot be reached right now. Try again in a moment.',
    'library.unavailable':
      'Favourites, playlists and the history cannot be read right now. Try again in a few minutes; the music continues.',
    'library.busy': 'Too many requests at once. Try again in a moment.',
    'library.full': `This list is full: it has ${keptLimit} tracks. Remove some first.`,
    'library.too-many': `You have ${playlistLimit} playlists, the most that you can have. Delete one first.`,
    'library.already-kept': 'This track is already one of your favourites.',
    'library.bad-name': 'This cannot be the name of a playlist. Use 1 to 50 readable characters.',
    'library.name-taken': 'You already have a playlist named “{name}”.',
    'library.unknown-playlist': 'You have no playlist with this name. /playlist list shows the ones that you have.',
    'library.empty': 'There are no tracks in it yet.',
    'library.no-such-position': 'There is no position {position}; the last is {last}.',
    'library.no-link': 'Give the link of a playlist, such as https://… To add what a search finds, use /playlist add.',
    'library.not-shared': 'It is not shared, so it has no code.',
    'library.unknown-code':
      'No playlist of this bot has this code. Check it; whoever shared the playlist may have ended the code.',
    'request-channel.no-intent':
      'Discord does not let me read messages. Whoever owns this bot has to switch on “Message Content Intent” on its Bot page in the Discord Developer Portal.',
    'request-channel.not-text': 'A request channel has to be a text channel that I can see.',
    'request-channel.hidden': 'I cannot see this channel. Give me the permission “View Channel” there.',
    'voice.full': 'This voice channel is full. Make room for the bot, or raise its user limit.',
    'voice.unknown-channel': 'There is no such voice channel in this server.',
    'authorize.suspended': 'This bot is suspended. Its owner knows why.',
    'authorize.stale': 'No access decision can be made right now. Try again in a moment.',
    'authorize.failed': 'No access decision could be made. Try again in a moment.',
    'limit.rate': 'Too many requests. Slow down and try again.',
    'limit.in-flight': 'Too many requests at once. Try again in a moment.',
    'limit.denials': 'Too many refused requests. Wait a moment before you try again.',
    'limit.overloaded': 'The platform is busy. Try again in a moment.',
  },
  /** Why the player is in its state. */
  whys: whys as Readonly<Record<WhyCode, string>>,
  trackFaults: trackFaults as Readonly<Record<keyof typeof trackFaults, string>>,
};

/** What the bot says, in one language. */
export type Words = typeof en;
