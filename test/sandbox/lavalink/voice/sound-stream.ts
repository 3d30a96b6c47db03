import { randomInt } from 'node:crypto';
import { seal } from '../../voice/encryption.ts';
import type { EncryptionMode } from '../../voice/encryption.ts';
import { rtpHeader, samplesPerFrame } from '../../voice/rtp.ts';
import { silenceFrame } from '../../voice/sound-frame.ts';

/** How many silence frames end a stretch of sound (Discord: Voice Data Interpolation). */
const silenceFrames = 5;

/** What a stream needs from its voice connection. */
export interface StreamPorts {
  /** The next 20 ms of sound; undefined during silence. */
  frame(): Buffer | undefined;
  /** Tells the voice server that sound starts or has ended. */
  speaking(speaks: boolean): void;
}

/** The packets of one voice session, one for each 20 ms of sound. */
export class SoundStream {
  readonly ssrc: number;
  readonly to: { readonly address: string; readonly port: number };
  readonly #mode: EncryptionMode;
  readonly #key: Uint8Array;
  readonly #ports: StreamPorts;
  #sequence = randomInt(0x10000);
  #timestamp = randomInt(0xffffffff);
  #counter = 0;
  #speaking = false;
  #silenceLeft = 0;

  constructor(
    session: {
      ssrc: number;
      to: { address: string; port: number };
      mode: EncryptionMode;
      key: Uint8Array;
    },
    ports: StreamPorts,
  ) {
    this.ssrc = session.ssrc;
    this.to = session.to;
    this.#mode = session.mode;
    this.#key = session.key;
    this.#ports = ports;
  }

  /** The packet that is due now; undefined if there is nothing to send. */
  next(): Buffer | undefined {
    const frame = this.#ports.frame();
    if (frame) {
      this.#silenceLeft = silenceFrames;
      this.#speak(true);
      return this.#packet(frame);
    }
    if (this.#silenceLeft === 0) {
      this.#speak(false);
      return undefined;
    }
    this.#silenceLeft -= 1;
    return this.#packet(silenceFrame);
  }

  #speak(speaks: boolean): void {
    if (speaks === this.#speaking) return;
    this.#speaking = speaks;
    this.#ports.speaking(speaks);
  }

  #packet(payload: Buffer): Buffer {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + samplesPerFrame) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    const header = rtpHeader(this.#sequence, this.#timestamp, this.ssrc);
    return seal(this.#mode, this.#key, { header, payload, counter: this.#counter });
  }
}
