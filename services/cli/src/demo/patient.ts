import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { ApiClient } from '../client.ts';

/** A part that has ended is replaced, or its tenants are taken over, sooner than this. */
const withinMs = 15_000;
const everyMs = 250;

/**
 * A client that tries again while an answer says that a part of the platform is unavailable, as such an answer asks for.
 * What changes something is sent with one idempotency key each time, so that it is done once.
 */
export function patient(api: ApiClient): ApiClient {
  const again = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    const untilMs = Date.now() + withinMs;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isPassing(error) || Date.now() >= untilMs) throw error;
        await delay(everyMs);
      }
    }
  };
  return {
    ...api,
    call(method, path, schema, body, headers) {
      const key: Record<string, string> = method === 'GET' ? {} : { 'idempotency-key': randomUUID() };
      return again(() => api.call(method, path, schema, body, { ...key, ...headers }));
    },
    download: (path) => again(() => api.download(path)),
    open: (path) => again(() => api.open(path)),
  };
}

/** Also while the first attempt is still being made. */
const isPassing = (error: unknown): boolean =>
  error instanceof BailiwickError && (error.status >= 500 || error.code === 'idempotency.running');
