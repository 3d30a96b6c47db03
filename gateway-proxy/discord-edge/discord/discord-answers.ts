import { momentaryRefusal, refusedHeader, type Momentary } from '#infra/http/refusals.ts';
import { isRaw } from './raw.ts';

/**
 * Responses in Discord's own form (Discord: Error Messages, Rate Limits), so that an unmodified library behind the door
 * understands every refusal. None is ever a 401: on one, @discordjs/rest discards its token and stops working.
 */
export function discordError(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify({ message, code }), {
    status: status === 401 ? 403 : status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** The refusal of a call that is not in the table of allowed calls. 50001 is Discord's Missing Access. */
export const notAllowed = (why: string): Response => discordError(403, 50001, `Missing Access: ${why}`);

/** The session is being resumed, and what it missed is not known yet. */
export const notYet = (): Response =>
  discordError(503, 0, 'The session with Discord is being resumed. Try again in a moment.', {
    [refusedHeader]: 'session.resuming',
  });

/** Discord's response to a second answer, and to one that can no longer be given. */
export const alreadyAcknowledgedCode = 40060;
export const alreadyAcknowledged = (): Response =>
  discordError(400, alreadyAcknowledgedCode, 'Interaction has already been acknowledged.');

/** Discord's response about an interaction that it no longer waits for. */
export const unknownInteractionCode = 10062;
export const unknownInteraction = (): Response => discordError(404, unknownInteractionCode, 'Unknown interaction');

/** The code in a response from Discord; undefined if it has none. */
export async function discordCode(answer: Response): Promise<number | undefined> {
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => undefined);
  return isRaw(body) && typeof body['code'] === 'number' ? body['code'] : undefined;
}

/** Whether a refusal is transient. */
export const isMomentary = (answer: Response): Momentary | undefined =>
  answer.status === 429 ? 'not-done' : momentaryRefusal(answer.status, answer.headers.get(refusedHeader) ?? undefined);

/** 429 in Discord's form; libraries wait and retry by themselves. */
export function rateLimited(
  waitMs: number,
  options: { global: boolean; scope?: string; bucket?: string; limit?: number; refused?: string },
): Response {
  const seconds = Math.max(waitMs, 1) / 1_000;
  const body = { message: 'You are being rate limited.', retry_after: seconds, global: options.global };
  return new Response(JSON.stringify(body), {
    status: 429,
    headers: {
      'content-type': 'application/json',
      'retry-after': String(Math.ceil(seconds)),
      'x-ratelimit-scope': options.scope ?? (options.global ? 'global' : 'user'),
      'x-ratelimit-reset-after': seconds.toFixed(3),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-limit': String(options.limit ?? 1),
      ...(options.global ? { 'x-ratelimit-global': 'true' } : {}),
      ...(options.bucket ? { 'x-ratelimit-bucket': options.bucket } : {}),
      ...(options.refused ? { [refusedHeader]: options.refused } : {}),
    },
  });
}

/** A response with a JSON body. */
export const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

/** 204: done, no content. */
export const noContent = (): Response => new Response(null, { status: 204 });
