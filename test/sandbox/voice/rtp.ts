/** Opus at 48 kHz in frames of 20 ms: the timestamp's increment from one packet to the next. */
export const samplesPerFrame = 960;
export const frameMs = 20;

const fixedHeaderBytes = 12;
/** Version 2, payload type 120 (Discord: Voice Packet Structure). */
const version = 2;
const payloadType = 0x78;

/** The unencrypted part of a packet (RFC 3550, section 5.1). */
export interface RtpHeader {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** Number of unencrypted bytes in an `rtpsize` mode: the header, with its extension's own header. */
  readonly clearBytes: number;
  /** Number of bytes of the decrypted payload that belong to the extension. */
  readonly extensionBytes: number;
}

export function rtpHeader(sequence: number, timestamp: number, ssrc: number): Buffer {
  const header = Buffer.alloc(fixedHeaderBytes);
  header.writeUInt8(version << 6, 0);
  header.writeUInt8(payloadType, 1);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return header;
}

/** Undefined for anything but voice packets: discovery, keep-alives, RTCP, garbage. */
export function readRtpHeader(packet: Buffer): RtpHeader | undefined {
  if (packet.length < fixedHeaderBytes) return undefined;
  const flags = packet.readUInt8(0);
  if (flags >> 6 !== version || (packet.readUInt8(1) & 0x7f) !== payloadType) return undefined;
  const extended = (flags & 0x10) !== 0;
  const sources = flags & 0x0f;
  const clearBytes = fixedHeaderBytes + sources * 4 + (extended ? 4 : 0);
  if (packet.length < clearBytes) return undefined;
  return {
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    clearBytes,
    extensionBytes: extended ? packet.readUInt16BE(clearBytes - 2) * 4 : 0,
  };
}
