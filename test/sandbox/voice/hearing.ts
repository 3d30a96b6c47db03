import { frameMs } from './rtp.ts';
import type { RtpHeader } from './rtp.ts';
import { isSilence, readSoundFrame } from './sound-frame.ts';

/** Older tracks are dropped. */
const mostTracks = 200;
/** A longer time without a packet in the middle of sound is an audible gap. */
const holeMs = 200;
/** A larger change of position between two packets is a seek or a jump. */
const leapMs = 1_000;

/** One stretch of one track, as a member heard it. Times in Unix milliseconds. */
export interface HeardTrack {
  /** The track's identifier at its source; null for sound that is not the sandbox's own. */
  readonly identifier: string | null;
  readonly title: string | null;
  packets: number;
  /** Seconds of sound. */
  seconds: number;
  /** Packets that were sent, by their sequence numbers, but never arrived. */
  lost: number;
  /** Gaps of more than 200 ms that no silence frames announced. */
  gaps: number;
  longestGapMs: number;
  /** How often the position in the track jumped by more than a second. */
  leaps: number;
  /** The first and the last position heard in the track. */
  fromMs: number;
  toMs: number;
  readonly firstAt: number;
  lastAt: number;
}

/** Everything that one bot sent to one guild, across all its voice sessions there. */
export class Hearing {
  readonly #now: () => number;
  #tracks: HeardTrack[] = [];
  #last: { sequence: number; at: number; silence: boolean } | undefined;
  /** Packets that could be decrypted and arrived in a channel in which the bot may be heard. */
  packets = 0;
  /** How many of them were silence frames. */
  silenceFrames = 0;
  /** Packets that the session's key does not decrypt. */
  undecryptable = 0;
  /** Packets that nobody hears: the bot is suppressed or muted, or never announced that it is speaking. */
  unheard = 0;
  /** Packets that arrived late, after their place in the sequence, or twice. */
  outOfOrder = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get tracks(): readonly HeardTrack[] {
    return this.#tracks;
  }

  /** When the last packet of sound, not silence, arrived; undefined if there was none. */
  get lastSoundAt(): number | undefined {
    return this.#tracks.reduce<number | undefined>((last, { lastAt }) => Math.max(last ?? 0, lastAt), undefined);
  }

  /** Another voice session begins, with a sequence of its own. */
  begin(): void {
    this.#last = undefined;
  }

  clear(): void {
    this.#tracks = [];
    this.packets = 0;
    this.silenceFrames = 0;
    this.undecryptable = 0;
    this.unheard = 0;
    this.outOfOrder = 0;
  }

  hear({ sequence }: RtpHeader, payload: Buffer): void {
    const at = this.#now();
    const step = this.#last ? (sequence - this.#last.sequence) & 0xffff : 1;
    if (step === 0 || step > 0x7fff) {
      this.outOfOrder += 1;
      return;
    }
    const before = this.#last;
    const silence = isSilence(payload);
    this.#last = { sequence, at, silence };
    this.packets += 1;
    if (silence) this.silenceFrames += 1;
    const missing = before === undefined ? 0 : step - 1;
    const track = silence ? this.#tracks.at(-1) : this.#track(payload, at);
    if (!track) return;
    track.lost += missing;
    if (before !== undefined && !before.silence && at - before.at > holeMs && track.packets > 1) {
      track.gaps += 1;
      track.longestGapMs = Math.max(track.longestGapMs, at - before.at);
    }
  }

  /** The track that this packet belongs to, with the packet counted. */
  #track(payload: Buffer, at: number): HeardTrack {
    const frame = readSoundFrame(payload);
    const identifier = frame?.identifier ?? null;
    const current = this.#tracks.at(-1);
    const track = current?.identifier === identifier ? current : this.#newTrack(frame ?? null, at);
    const positionMs = frame?.positionMs ?? 0;
    if (Math.abs(positionMs - track.toMs) > leapMs) track.leaps += 1;
    track.packets += 1;
    track.seconds = (track.packets * frameMs) / 1000;
    track.toMs = positionMs;
    track.lastAt = at;
    return track;
  }

  #newTrack(frame: ReturnType<typeof readSoundFrame> | null, at: number): HeardTrack {
    const fromMs = frame?.positionMs ?? 0;
    const counts = { packets: 0, seconds: 0, lost: 0, gaps: 0, longestGapMs: 0, leaps: 0 };
    const track = {
      identifier: frame?.identifier ?? null,
      title: frame?.title ?? null,
      ...counts,
      fromMs,
      toMs: fromMs,
      firstAt: at,
      lastAt: at,
    };
    this.#tracks = [...this.#tracks, track].slice(-mostTracks);
    return track;
  }
}
