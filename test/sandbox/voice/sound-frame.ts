/**
 * What the sandbox's Lavalink node sends instead of music: frames that begin like Opus frames and then identify their
 * track and position. A decoder would turn them into noise; a listener can tell exactly what should be heard.
 */
export interface SoundFrame {
  readonly identifier: string;
  readonly title: string;
  readonly positionMs: number;
}

/** Fullband CELT, 20 ms, stereo, one frame to a packet (RFC 6716, section 3.1). */
const configuration = 0xfc;
const signature = Buffer.from('bailiwick');
const positionAt = 1 + signature.length;
const textAt = positionAt + 4;
/** An Opus frame has at most 1,275 bytes (RFC 6716, section 3.2.1). */
const mostTextBytes = 255;

/**
 * Five of these end every stretch of sound, so that no decoder extrapolates into the gap (Discord: Voice Data
 * Interpolation).
 */
export const silenceFrame = Buffer.from([0xf8, 0xff, 0xfe]);

export const isSilence = (payload: Buffer): boolean => payload.equals(silenceFrame);

/** A frame of a track; `setPosition` moves it, so that one frame can be reused for a whole track. */
export function soundFrame(identifier: string, title: string): Buffer {
  return Buffer.concat([Buffer.from([configuration]), signature, Buffer.alloc(4), text(identifier), text(title)]);
}

export function setPosition(frame: Buffer, positionMs: number): Buffer {
  frame.writeUInt32BE(Math.min(Math.max(0, Math.round(positionMs)), 0xffffffff), positionAt);
  return frame;
}

/** Undefined for sound that the sandbox's node did not produce. */
export function readSoundFrame(payload: Buffer): SoundFrame | undefined {
  if (payload.length < textAt + 2 || payload.readUInt8(0) !== configuration) return undefined;
  if (!payload.subarray(1, positionAt).equals(signature)) return undefined;
  const titleAt = textAt + 1 + payload.readUInt8(textAt);
  if (titleAt >= payload.length || titleAt + 1 + payload.readUInt8(titleAt) !== payload.length) return undefined;
  return {
    identifier: payload.toString('utf8', textAt + 1, titleAt),
    title: payload.toString('utf8', titleAt + 1),
    positionMs: payload.readUInt32BE(positionAt),
  };
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value).subarray(0, mostTextBytes);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
