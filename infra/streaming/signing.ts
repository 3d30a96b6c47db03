import { sign, verify } from 'node:crypto';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import { parseCloudEvent, signedTextOf, streamedEventOf, type CloudEvent } from './cloud-event.ts';
import type { KnownKeys, SigningKey } from './event-keys.ts';
import type { StreamedEvent } from './streamed-event.ts';

/** Why an event that was received is not believed. */
export type EventFault = 'malformed' | 'unsigned' | 'unknown-key' | 'wrong-signature' | 'wrong-source' | 'wrong-place';

const typ = 'bailiwick-event+jws';
const signaturePattern = /^(?<header>[\w-]{1,300})\.\.(?<signature>[\w-]{86})$/;
const kidPattern = /^[\w-]{43}$/;

const headerOf = (kid: string): string => Buffer.from(JSON.stringify({ alg: 'EdDSA', typ, kid })).toString('base64url');

const inputOf = (header: string, event: CloudEvent): Buffer =>
  Buffer.from(`${header}.${Buffer.from(signedTextOf(event)).toString('base64url')}`);

/** With a detached JWS (RFC 7515, appendix F) over everything else in it. */
export function signEvent(event: CloudEvent, { kid, privateKey }: SigningKey): CloudEvent {
  const header = headerOf(kid);
  const signature = sign(null, inputOf(header, event), privateKey).toString('base64url');
  return { ...event, jws: `${header}..${signature}` };
}

/**
 * What an event says, if a workload of this installation has sent it, with nothing changed since. Where it has arrived has
 * to be compared by the carrier.
 */
export async function verifyEvent(bytes: Uint8Array, keys: KnownKeys): Promise<Verdict<StreamedEvent, EventFault>> {
  const cloudEvent = parseCloudEvent(bytes);
  if (!cloudEvent) return reject('malformed');
  const { header, signature } = signaturePattern.exec(cloudEvent.jws ?? '')?.groups ?? {};
  if (header === undefined || signature === undefined) return reject('unsigned');
  const kid = kidOf(header);
  const key = kid === undefined ? undefined : await keys.find(kid);
  if (!key) return reject('unknown-key');
  if (!verify(null, inputOf(header, cloudEvent), key.publicKey, Buffer.from(signature, 'base64url')))
    return reject('wrong-signature');
  if (key.source !== cloudEvent.source) return reject('wrong-source');
  const event = streamedEventOf(cloudEvent);
  return event ? accept(event) : reject('malformed');
}

/** Only a header that `signEvent` writes: no other algorithm, no further member. */
function kidOf(header: string): string | undefined {
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { kid?: unknown };
    return typeof kid === 'string' && kidPattern.test(kid) && headerOf(kid) === header ? kid : undefined;
  } catch {
    return undefined;
  }
}
