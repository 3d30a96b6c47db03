import { hasCode, upstreamFault } from '#infra/kernel/errors.ts';

/**
 * What needs the keys cannot be done without them, the platform's or the tenant's own; the proxy's breaker must not count
 * that against the music, so it is answered with 424 and this code and message.
 */
export const unlessAway =
  (code: string, message: string) =>
  async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, 'keyring.unavailable') && !hasCode(error, 'keyring.external-key')) throw error;
      throw upstreamFault(code, message, error, 424);
    }
  };
