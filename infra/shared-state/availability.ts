import { BailiwickError } from '#infra/kernel/errors.ts';
import type { HealthCheck } from '#infra/observability/health.ts';

/** @param who what cannot be used, as the beginning of a sentence @param why without a secret */
export const unavailable = (who: string, why: string, cause?: unknown): BailiwickError =>
  new BailiwickError({
    code: 'shared-state.unavailable',
    owner: 'platform',
    status: 503,
    message: 'Something that this needs is unavailable. Try again in a moment.',
    operatorMessage: `${who} cannot be used: ${why}`,
    retryAfterSec: 1,
    cause,
  });

/** Degraded, with the reason, as long as this cannot be asked. */
export const healthBy =
  (ask: () => Promise<unknown>): HealthCheck =>
  async () => {
    try {
      await ask();
      return { status: 'healthy' };
    } catch (error) {
      return { status: 'degraded', detail: operatorReason(error) };
    }
  };

/** In words for an operator. */
export const operatorReason = (error: unknown): string =>
  error instanceof BailiwickError ? (error.operatorMessage ?? error.message) : 'unknown';
