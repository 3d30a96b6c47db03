import type { IIdentifyThrottler } from '@discordjs/ws';
import type { Identifies } from '../budgets/identifies.ts';
import { noIdentifiesLeft } from './close-reasons.ts';
import type { GatewayInformation } from './gateway-information.ts';

export interface IdentifyThrottlerOptions {
  readonly applicationId: string;
  readonly identifies: Identifies;
  readonly information: GatewayInformation;
  /** Resolves once this edge is certainly the one that serves the tenant. */
  readonly certain: () => Promise<void>;
  /** Ends the session, with the reason. */
  readonly fail: (reason: string) => void;
}

/** Maximum age of the number of sessions that may still be started. */
const freshEnoughMs = 5_000;

/** Lets the library identify when the budget that all tenants share allows it. */
export function identifyThrottler(options: IdentifyThrottlerOptions): IIdentifyThrottler {
  const { applicationId, identifies, information, certain, fail } = options;
  return {
    async waitForIdentify(_shard, signal) {
      const { session_start_limit: limit } = await information.get(freshEnoughMs);
      const leave = await identifies.wait(applicationId, limit, signal);
      if (leave.granted) {
        await certain();
        signal.throwIfAborted();
        return;
      }
      fail(noIdentifiesLeft(leave.resetAfterMs));
      // Failing closes the connection, which makes the library stop waiting; it would ignore any other rejection.
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        if (signal.aborted) reject(signal.reason as Error);
      });
    },
  };
}
