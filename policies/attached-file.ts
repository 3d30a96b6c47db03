import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';

/** What Discord says of a file that somebody has attached (Discord: Attachment Object). */
export interface AttachedFile {
  readonly url?: string | undefined;
  readonly filename?: string | undefined;
  /** In bytes. */
  readonly size?: number | undefined;
  /** A media type; a few files have none. */
  readonly contentType?: string | undefined;
}

/** In MB. A lossless album side has about as many. */
export const largestFileMb = 100;
/** As long as a query may be. */
const longestLink = 500;
const playable = /^(?:audio|video)\/|^application\/ogg(?:;|$)/i;
/** Of what Lavalink plays. */
const extensions = /\.(?:aac|flac|m4a|mka|mkv|mov|mp3|mp4|oga|ogg|opus|wav|weba|webm)$/i;

/**
 * The address of a file that can be played: what the edge signs as entered, and so the only one that the bot can ask for.
 * Where it may be loaded from is up to the audio service.
 */
export function playableFile(file: AttachedFile): Verdict<string, 'not-audio' | 'too-large' | 'no-address'> {
  const { url = '', filename = '', size, contentType } = file;
  const isMedia = contentType === undefined ? extensions.test(filename) : playable.test(contentType);
  if (!isMedia) return reject('not-audio');
  if (size === undefined || size > largestFileMb * 1_000_000) return reject('too-large');
  return url.length <= longestLink && url.startsWith('https://') && URL.canParse(url)
    ? accept(url)
    : reject('no-address');
}
