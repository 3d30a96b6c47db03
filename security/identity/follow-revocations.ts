import { setTimeout as delay } from 'node:timers/promises';
import { followStream } from '#infra/http/follow-stream.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { RevocationSet, type Revocation, type RevocationQuery, type Revocations } from './revocations.ts';
import type { FeedFrame, TokenServiceClient } from './token-service-client.ts';

/** Longer silence means that something may have been revoked without our knowledge. */
const freshWithinMs = 3_000;
const reconnect = { minMs: 50, maxMs: 500 };
const forgetEveryMs = 60_000;

export interface FollowedRevocations extends Revocations, AsyncDisposable {
  /**
   * Resolves once everything revoked so far is known; throws `identity.token-service-unreachable` if that takes longer.
   */
  ready(withinMs: number): Promise<void>;
}

/** Follows the token service's feed for as long as the process lives, catching up by number after each reconnect. */
export function followRevocations(options: {
  tokenService: Pick<TokenServiceClient, 'feed'>;
  clock: Clock;
  logger: Logger;
  /** Called when the token service says that the keys have changed. */
  keysChanged: () => Promise<void>;
}): FollowedRevocations {
  const { tokenService, clock, logger, keysChanged } = options;
  const known = new RevocationSet();
  const listeners = new Set<(revocation: Revocation) => void>();
  const stop = new AbortController();
  const caughtUp = Promise.withResolvers<void>();
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let forgotAtMs = clock.now();

  const forget = (nowMs: number): void => {
    if (nowMs - forgotAtMs < forgetEveryMs) return;
    forgotAtMs = nowMs;
    known.forgetExpired(nowMs);
  };
  const take = (frame: FeedFrame): void => {
    switch (frame.type) {
      case 'revocation':
        known.add(frame.revocation);
        for (const listener of listeners) listener(frame.revocation);
        return;
      case 'keys':
        keysChanged().catch((error: unknown) => logger.warn({ err: error }, 'could not fetch changed keys'));
        return;
      case 'head':
        if (!known.reach(frame.seq)) throw platformFault('identity.feed-gap', 'The revocation feed went back.');
        heardAtMs = clock.now();
        caughtUp.resolve();
        forget(heardAtMs);
    }
  };
  const following = followStream({
    open: () => tokenService.feed(known.lastSeq, stop.signal),
    handle: take,
    lost(error) {
      if (error === undefined) return;
      logger.warn({ err: error }, 'the revocation feed broke; reconnecting');
      // A head behind what is known belongs to a different log than the one followed so far: everything is read again.
      if (error instanceof Error && 'code' in error && error.code === 'identity.feed-gap') known.rewind();
    },
    retry: reconnect,
    clock,
    signal: stop.signal,
  });
  return {
    isRevoked: (query: RevocationQuery) => known.isRevoked(query),
    fresh: () => clock.now() - heardAtMs <= freshWithinMs,
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async ready(withinMs) {
      const late = delay(withinMs, undefined, { signal: stop.signal }).then(() => {
        throw platformFault('identity.token-service-unreachable', 'The revocation feed cannot be followed.');
      });
      await Promise.race([caughtUp.promise, late]);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}
