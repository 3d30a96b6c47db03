import { request as httpsRequest } from 'node:https';
import { rootCertificates } from 'node:tls';
import { Webhook as Signer } from 'standardwebhooks';
import { mayBeAsked, publicLookup } from '#infra/http/public-address.ts';
import type { WebhookSettings } from '#services/contracts/webhook-settings.ts';

/** For the whole exchange, from the resolution of the name to the end of the answer. */
const withinMs = 15_000;
/** https://github.com/standard-webhooks/standard-webhooks: payloads should be small. */
const maxBodyBytes = 64 * 1024;
const maxExcerptBytes = 2_000;
const maxExcerptCharacters = 500;

export interface WebhookRequest {
  readonly url: string;
  /** Base64 behind `whsec_`; a signature for each. */
  readonly secrets: readonly string[];
  readonly messageId: string;
  readonly body: string;
}

export type Answer =
  | { readonly status: number; readonly excerpt: string }
  /** There is no answer; the sentence is the platform's own. */
  | { readonly fault: string };

/** Sends one request, and follows no redirect. It never throws; what the receiver said is in the answer, if it spoke. */
export async function sendWebhook(
  request: WebhookRequest,
  { privateHosts, trustPem }: WebhookSettings,
  options: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<Answer> {
  const { url, body, messageId } = request;
  const target = URL.parse(url);
  if (target?.protocol !== 'https:' || !mayBeAsked(target, privateHosts)) return { fault: notPublic };
  if (Buffer.byteLength(body) > maxBodyBytes) return { fault: 'The event is larger than 64 KiB, so it is not sent.' };
  const isPrivate = privateHosts.includes(target.hostname.replace(/^\[(.*)\]$/, '$1'));
  const timeout = AbortSignal.timeout(withinMs);
  const sent = httpsRequest(target, {
    method: 'POST',
    // A connection for each: none is kept for somebody who chose to be slow.
    agent: false,
    lookup: publicLookup(privateHosts),
    signal: AbortSignal.any([timeout, options.signal]),
    // Authorities of the operator's own vouch for the operator's own hosts only.
    ...(isPrivate && trustPem ? { ca: [...rootCertificates, trustPem] } : {}),
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Bailiwick-Webhooks/1',
      'webhook-id': messageId,
      ...signedHeaders(request, options.nowMs),
    },
  });
  return new Promise((resolve) => {
    sent.on('error', (error) => resolve({ fault: timeout.aborted ? tooSlow : faultOf(error) }));
    sent.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const parts: Buffer[] = [];
      let bytes = 0;
      const done = () => {
        response.destroy();
        sent.destroy();
        resolve({ status, excerpt: excerptOf(Buffer.concat(parts)) });
      };
      response.on('data', (part: Buffer) => {
        parts.push(part.subarray(0, maxExcerptBytes - bytes));
        bytes += part.length;
        if (bytes >= maxExcerptBytes) done();
      });
      response.on('end', done);
      // The status has arrived and says whether the event was taken; the rest is only shown.
      response.on('error', () => (timeout.aborted ? resolve({ fault: tooSlow }) : done()));
    });
    sent.end(body);
  });
}

function signedHeaders({ secrets, messageId, body }: WebhookRequest, nowMs: number): Record<string, string> {
  const at = new Date(nowMs);
  return {
    'webhook-timestamp': String(Math.floor(nowMs / 1_000)),
    'webhook-signature': secrets.map((secret) => new Signer(secret).sign(messageId, at, body)).join(' '),
  };
}

/** Text as it may be shown: no control characters, and not much of it. */
const excerptOf = (bytes: Buffer): string =>
  [
    ...bytes
      .toString('utf8')
      .replaceAll(/[\p{Cc}\p{Cf}\s\uFFFD]+/gu, ' ')
      .trim(),
  ]
    .slice(0, maxExcerptCharacters)
    .join('');

const notPublic = 'The address is not on the public internet, so nothing is sent there.';
const tooSlow = 'There was no complete answer within 15 seconds.';

/** By what Node reports; nothing that the receiver said is in it. */
function faultOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (error.name === 'AbortError') return 'The attempt was interrupted.';
  if (error.message === 'The host is not on the public internet.') return notPublic;
  const isOfNames = 'syscall' in error && /^(?:query|getaddrinfo)/.test(String(error.syscall));
  if (isOfNames) return 'The name of the host cannot be resolved.';
  if (code === 'ECONNREFUSED') return 'The host refuses connections at this port.';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ETIMEDOUT') return 'The host cannot be reached.';
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME|EPROTO)/.test(code))
    return 'The TLS connection failed: the certificate must be valid for this host.';
  return 'The connection broke before an answer came.';
}
