import { createPrivateKey, sign } from 'node:crypto';
import type { Application } from '../../world/types.ts';

/**
 * Posts a body to an application's endpoint, signed like Discord's requests (Discord: Setting Up an Endpoint,
 * Validating Security Request Headers).
 */
export async function postSigned(
  application: Application,
  url: string,
  body: unknown,
  options: { breakSignature?: boolean; timeoutMs: number },
): Promise<{ status: number; body: unknown } | undefined> {
  const text = JSON.stringify(body);
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signed = options.breakSignature ? `${timestamp}.` : timestamp;
  const signature = sign(null, Buffer.from(signed + text), createPrivateKey(application.signingKeyPem));
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-signature-ed25519': signature.toString('hex'),
      'x-signature-timestamp': timestamp,
      'user-agent': 'Discord-Interactions/1.0 (+https://discord.com)',
    },
    body: text,
    redirect: 'error',
    signal: AbortSignal.timeout(options.timeoutMs),
  }).catch(() => undefined);
  if (!answer) return undefined;
  const answered: unknown = await answer.json().catch(() => undefined);
  return { status: answer.status, body: answered };
}

/** Whether an endpoint answers a PING and refuses a wrong signature, which Discord checks before it accepts a URL. */
export async function answersPing(application: Application, url: string): Promise<boolean> {
  const ping = { type: 1, id: application.id, application_id: application.id, token: 'ping', version: 1 };
  const forged = await postSigned(application, url, ping, { breakSignature: true, timeoutMs: 3_000 });
  const genuine = await postSigned(application, url, ping, { timeoutMs: 3_000 });
  const pong = genuine?.body;
  const isPong = typeof pong === 'object' && pong !== null && 'type' in pong && pong.type === 1;
  return forged?.status === 401 && genuine?.status === 200 && isPong;
}
