import type { Refuser } from '#infra/http/denial-codes.ts';
import { momentaryRefusal } from '#infra/http/refusals.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';

/** The message for a member about a fault; `expected` faults are the member's to resolve and are not logged. */
export interface Explanation {
  readonly sentence: string;
  readonly expected: boolean;
}

const sentences: Readonly<Record<string, string>> = {
  [playerErrorCodes.notInVoice]: 'Join a voice channel first, then try again.',
  [playerErrorCodes.otherChannel]: 'I am playing in another voice channel. Join me there.',
  [playerErrorCodes.nothingFound]: 'I found nothing. Try other words or a link.',
  [playerErrorCodes.nothingPlays]: 'Nothing is playing right now.',
  [playerErrorCodes.queueFull]: 'The queue is full. Wait for a few tracks to play.',
  [playerErrorCodes.voiceFull]: 'I could not join your voice channel: it may be full, or I may lack permission.',
  [playerErrorCodes.nodeAway]: 'The music server is unavailable right now. Try again in a moment.',
  [playerErrorCodes.loadFailed]: 'This track could not be loaded. Try another one.',
  [playerErrorCodes.urlRefused]: 'I do not play links from this site. Try a link from a music service, or a search.',
};

const maybeDone =
  'Something went wrong on my side, and I do not know whether your command worked. Check the queue before you try again.';

/** Refusals by gateway-proxy that are about the member, and the services' own. */
const deniedPrefixes: readonly string[] = [
  ...(['authorize.', 'on-behalf-of.', 'tenancy.', 'limit.'] satisfies `${Refuser}.`[]),
  'player.',
  'library.',
  'voice.',
];

/** The one place where errors become messages for members. */
export function explainError(error: unknown): Explanation {
  if (error instanceof BailiwickError) {
    const known = sentences[error.code];
    if (known !== undefined) return { sentence: known, expected: true };
    const told = error.message.trim() !== '';
    if (told && deniedPrefixes.some((prefix) => error.code.startsWith(prefix)))
      return { sentence: error.message, expected: true };
    if (momentaryRefusal(error.status, error.code) === 'unknown') return { sentence: maybeDone, expected: false };
  }
  return { sentence: 'Something went wrong on my side. Try again in a moment.', expected: false };
}
