import { Agent, request } from 'undici';

const probeTimeoutMs = 8_000;

/** A server's answer to one question, as far as it is JSON. */
export interface ProbeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks a server that the settings name. @returns the answer, or why there is none */
export async function probe(
  url: string,
  headers: Record<string, string>,
  trustPem: string | undefined,
): Promise<ProbeAnswer | string> {
  const dispatcher = new Agent({
    connect: { timeout: probeTimeoutMs, ...(trustPem === undefined ? {} : { ca: trustPem }) },
  });
  try {
    const answer = await request(url, {
      dispatcher,
      headers,
      headersTimeout: probeTimeoutMs,
      bodyTimeout: probeTimeoutMs,
    });
    const body: unknown = await answer.body.json().catch(() => undefined);
    return { status: answer.statusCode, body };
  } catch (error) {
    return reasonOf(error);
  } finally {
    await dispatcher.close();
  }
}

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && untrusted.has(String(error.code))
    ? 'its certificate is not signed by a trusted authority; name its authority in trustFile'
    : error.message;
}
