import type { Clock, Timer } from '../clock.ts';
import { longMaxValue } from './java-json.ts';
import { exception } from './load.ts';
import type {
  Filters,
  PlayerBody,
  PlayerEvent,
  PlayerState,
  Segment,
  Severity,
  Track,
  TrackEndReason,
  VoiceState,
} from './protocol.ts';
import { repeat } from './repeat.ts';
import { segmentsOf } from './sponsor-block.ts';
import { setPosition, soundFrame } from '../voice/sound-frame.ts';
import type { VoiceLink, VoiceListener } from './voice/voice-link.ts';

/**
 * Lavalink's defaults: application.yml `playerUpdateInterval` and `trackStuckThresholdMs`, lavaplayer's clean-up
 * threshold.
 */
export const playerUpdateEveryMs = 5_000;
export const stuckThresholdMs = 10_000;
export const cleanupAfterMs = 60_000;

/** What a player needs from its session. */
export interface PlayerPorts {
  readonly clock: Clock;
  event(guildId: string, event: PlayerEvent): void;
  update(guildId: string, state: PlayerState): void;
  /** A connection with these credentials, not opened yet. */
  link(guildId: string, given: VoiceState, listener: VoiceListener): VoiceLink;
}

const noVoice: VoiceState = { token: '', endpoint: '', sessionId: '', channelId: null };

/**
 * One guild's player. Its position is not counted but computed: from the position at its last change and the time
 * passed since, if sound can flow at all (voice connected, not paused, not stuck).
 */
export class Player {
  readonly guildId: string;
  readonly #ports: PlayerPorts;
  #track: Track | undefined;
  #endTimeMs: number | undefined;
  #anchorPositionMs = 0;
  #anchorAtMs = 0;
  #paused = false;
  #stuck = false;
  #connected = false;
  #volume = 100;
  #filters: Filters = {};
  #voice = noVoice;
  #link: VoiceLink | undefined;
  /** What is sent while the track plays. */
  #frame: Buffer | undefined;
  #endTimer: Timer | undefined;
  #stuckTimer: Timer | undefined;
  #skipTimer: Timer | undefined;
  /** Of SponsorBlock-Plugin: what is skipped, and where it is in the track. */
  categories: readonly string[] = [];
  #segments: readonly Segment[] = [];
  #cleanupTimer: Timer | undefined;
  #updatesTimer: Timer | undefined;

  constructor(guildId: string, ports: PlayerPorts) {
    this.guildId = guildId;
    this.#ports = ports;
  }

  get track(): Track | undefined {
    return this.#track;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get stuck(): boolean {
    return this.#stuck;
  }

  /** Ms of track per ms of time: the timescale filter's speed and rate. */
  get rate(): number {
    const timescale = this.#filters['timescale'];
    if (typeof timescale !== 'object' || timescale === null) return 1;
    const { speed = 1, rate = 1 } = timescale as { speed?: number; rate?: number };
    const product = speed * rate;
    return product > 0 ? product : 1;
  }

  get playing(): boolean {
    return this.#track !== undefined && !this.#paused;
  }

  /** Position in the track, in ms; 0 without one. */
  get positionMs(): number {
    if (!this.#track) return 0;
    const passedMs = this.#advancing ? (this.#ports.clock.now() - this.#anchorAtMs) * this.rate : 0;
    return Math.min(Math.round(this.#anchorPositionMs + passedMs), this.#track.info.length);
  }

  state(): PlayerState {
    const ping = this.#connected ? (this.#link?.pingMs ?? -1) : -1;
    return { time: this.#ports.clock.now(), position: this.positionMs, connected: this.#connected, ping };
  }

  body(): PlayerBody {
    return {
      guildId: this.guildId,
      track: this.#track ? atPosition(this.#track, this.positionMs) : null,
      volume: this.#volume,
      paused: this.#paused,
      state: this.state(),
      voice: this.#voice,
      filters: this.#filters,
    };
  }

  /** Plays from `positionMs`; a current track ends as `replaced`. */
  play(track: Track, positionMs = 0, endTimeMs?: number): void {
    const replaced = this.#take();
    if (replaced) this.#ended(replaced, 'replaced');
    this.#track = track;
    this.#frame = soundFrame(track.info.identifier, track.info.title);
    this.#endTimeMs = endTimeMs;
    this.#anchorPositionMs = Math.min(positionMs, track.info.length);
    this.#anchorAtMs = this.#ports.clock.now();
    this.#ports.event(this.guildId, { type: 'TrackStartEvent', track: atPosition(track, this.#anchorPositionMs) });
    this.#loadSegments();
    this.#updatesTimer = repeat(this.#ports.clock, playerUpdateEveryMs, () => this.#tick());
    this.#reschedule();
    this.tell();
  }

  /** Ends the current track, if there is one, by default with `stopped`. */
  stop(reason: TrackEndReason = 'stopped'): void {
    const ended = this.#take();
    if (ended) this.#ended(ended, reason);
  }

  /** Makes the track fail: TrackExceptionEvent, then TrackEndEvent with `loadFailed`. */
  fail(message: string, severity: Severity): void {
    if (!this.#track) return;
    const fault = exception(message, severity, `sandbox.DemandedException: ${message}`);
    this.#ports.event(this.guildId, { type: 'TrackExceptionEvent', track: this.#track, exception: fault });
    this.stop('loadFailed');
  }

  /** Stops the sound; TrackStuckEvent follows after `thresholdMs`. A seek or another track ends it. */
  stick(thresholdMs = stuckThresholdMs): void {
    if (!this.#track) return;
    this.#change(() => {
      this.#stuck = true;
    });
    this.#stuckTimer?.cancel();
    this.#stuckTimer = this.#ports.clock.after(thresholdMs, () => {
      if (this.#track) this.#ports.event(this.guildId, { type: 'TrackStuckEvent', track: this.#track, thresholdMs });
    });
  }

  pause(paused: boolean): void {
    this.#change(() => {
      this.#paused = paused;
    });
  }

  /** Lavaplayer clamps a volume to 0..1000 rather than refusing it. */
  setVolume(percent: number): void {
    this.#volume = Math.min(1000, Math.max(0, percent));
  }

  seek(positionMs: number): void {
    if (!this.#track) return;
    this.#moveTo(positionMs);
    this.tell();
  }

  /** Where to stop the track; undefined lets it play to its end. */
  setEndTime(endTimeMs: number | undefined): void {
    this.#change(() => {
      this.#endTimeMs = endTimeMs;
    });
  }

  setFilters(filters: Filters): void {
    this.#change(() => {
      this.#filters = filters;
    });
    this.tell();
  }

  /** Segments of these categories are skipped, those of the current track too. */
  skipSegments(categories: readonly string[]): void {
    this.categories = categories;
    this.#loadSegments();
    this.#reschedule();
  }

  setUserData(userData: Readonly<Record<string, unknown>>): void {
    if (this.#track) this.#track = { ...this.#track, userData };
  }

  /**
   * Opens the voice connection; the credentials of a current or pending one change nothing. One that was open is closed
   * and reported, as by Lavalink's voice library, koe (its MediaConnectionImpl.disconnect).
   */
  connect(voice: VoiceState): void {
    if (this.#link && sameVoice(voice, this.#voice)) return;
    const wasConnected = this.#connected;
    this.loseVoice();
    if (wasConnected) this.#reportClosed(1000, '', false);
    this.#voice = voice;
    const link: VoiceLink = this.#ports.link(this.guildId, voice, {
      opened: () => {
        if (this.#link === link) this.#voiceOpened();
      },
      closed: (code, reason, byRemote) => {
        if (this.#link === link) this.#voiceClosed(code, reason, byRemote);
      },
      frame: () => (this.#advancing && this.#frame ? setPosition(this.#frame, this.positionMs) : undefined),
    });
    this.#link = link;
    link.open();
  }

  /** Discord's voice server closes the connection; the credentials may still be valid. */
  closeVoice(code: number, reason: string): void {
    if (!this.#connected) return;
    this.#link?.close();
    this.#voiceClosed(code, reason, true);
  }

  reconnectVoice(): void {
    this.connect(this.#voice);
  }

  /** The connection is lost silently: only the next playerUpdate shows it. */
  loseVoice(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#setConnected(false);
  }

  /** Checks whether the credentials are still valid: Discord closes with 4014 when the member was moved or kicked. */
  checkVoice(): void {
    if (this.#connected) this.#link?.recheck();
  }

  /** Sends a playerUpdate. */
  tell(): void {
    this.#ports.update(this.guildId, this.state());
  }

  /** Ends everything; a current track ends as `stopped`, as in lavaplayer's destroy. */
  destroy(): void {
    this.stop();
    this.loseVoice();
  }

  get #advancing(): boolean {
    return this.#track !== undefined && this.#connected && !this.#paused && !this.#stuck;
  }

  /** Fixes the position reached so far before a change, and reschedules the end after it. */
  #change(apply: () => void): void {
    this.#anchorPositionMs = this.positionMs;
    this.#anchorAtMs = this.#ports.clock.now();
    apply();
    this.#reschedule();
  }

  #reschedule(): void {
    this.#endTimer?.cancel();
    this.#endTimer = undefined;
    this.#planCleanup();
    this.#planSkip();
    if (!this.#track || !this.#advancing) return;
    const atEndTime = this.#endTimeMs !== undefined && this.#endTimeMs < this.#track.info.length;
    const endMs = atEndTime && this.#endTimeMs !== undefined ? this.#endTimeMs : this.#track.info.length;
    // A track of unknown length does not end by itself.
    if (endMs >= longMaxValue) return;
    const remainingMs = Math.max(0, (endMs - this.positionMs) / this.rate);
    this.#endTimer = this.#ports.clock.after(Math.ceil(remainingMs), () =>
      this.stop(atEndTime ? 'stopped' : 'finished'),
    );
  }

  #moveTo(positionMs: number): void {
    this.#change(() => {
      this.#loosen();
      this.#anchorPositionMs = Math.min(positionMs, this.#track?.info.length ?? 0);
    });
  }

  #loadSegments(): void {
    this.#segments = this.#track ? segmentsOf(this.#track, this.categories) : [];
    if (this.#segments.length > 0)
      this.#ports.event(this.guildId, { type: 'SegmentsLoaded', segments: this.#segments });
  }

  /** At the start of the next segment the position becomes its end; each is skipped once. */
  #planSkip(): void {
    this.#skipTimer?.cancel();
    this.#skipTimer = undefined;
    const next = this.#segments.find(({ end }) => end > this.positionMs);
    if (!next || !this.#advancing) return;
    const inMs = Math.max(0, (next.start - this.positionMs) / this.rate);
    this.#skipTimer = this.#ports.clock.after(Math.ceil(inMs), () => {
      this.#segments = this.#segments.filter((segment) => segment !== next);
      // Unlike a client's seek, this is not followed by a playerUpdate.
      this.#moveTo(next.end);
      this.#ports.event(this.guildId, { type: 'SegmentSkipped', segment: next });
    });
  }

  /** Without a voice connection nothing requests sound from a player; lavaplayer ends its track after a minute. */
  #planCleanup(): void {
    if (this.#connected || !this.#track) {
      this.#cleanupTimer?.cancel();
      this.#cleanupTimer = undefined;
    } else {
      this.#cleanupTimer ??= this.#ports.clock.after(cleanupAfterMs, () => this.stop('cleanup'));
    }
  }

  #tick(): void {
    this.checkVoice();
    this.tell();
  }

  #setConnected(connected: boolean): void {
    this.#change(() => {
      this.#connected = connected;
    });
  }

  #voiceOpened(): void {
    this.#setConnected(true);
    this.tell();
  }

  #voiceClosed(code: number, reason: string, byRemote: boolean): void {
    this.#link = undefined;
    this.#setConnected(false);
    this.#reportClosed(code, reason, byRemote);
  }

  #reportClosed(code: number, reason: string, byRemote: boolean): void {
    this.#ports.event(this.guildId, { type: 'WebSocketClosedEvent', code, reason, byRemote });
    this.tell();
  }

  /** Removes the track and cancels everything scheduled for it. */
  #take(): Track | undefined {
    const track = this.#track && atPosition(this.#track, this.positionMs);
    this.#loosen();
    this.#updatesTimer?.cancel();
    this.#track = undefined;
    this.#frame = undefined;
    this.#segments = [];
    this.#endTimeMs = undefined;
    this.#anchorPositionMs = 0;
    this.#reschedule();
    return track;
  }

  #loosen(): void {
    this.#stuck = false;
    this.#stuckTimer?.cancel();
    this.#stuckTimer = undefined;
  }

  #ended(track: Track, reason: TrackEndReason): void {
    this.#ports.event(this.guildId, { type: 'TrackEndEvent', track, reason });
  }
}

function atPosition(track: Track, position: number): Track {
  return { ...track, info: { ...track.info, position } };
}

function sameVoice(a: VoiceState, b: VoiceState): boolean {
  return a.token === b.token && a.endpoint === b.endpoint && a.sessionId === b.sessionId && a.channelId === b.channelId;
}
