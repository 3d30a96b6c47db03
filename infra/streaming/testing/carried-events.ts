import type { Transaction } from '#infra/database/pool.ts';
import { expect, vi } from 'vitest';
import type { Carrier } from '../carrier.ts';
import type { Carried } from '../carrier.contract.ts';
import { listDeadLetters, replayDeadLetter } from '../dead-letters.ts';
import type { StreamedEvent } from '../streamed-event.ts';
import { consumerName, effect, type StreamingWorld } from './streaming-world.ts';

/** The events of a tenant's guilds, which are the keys, as the contract tries them. */
export async function carriedEvents(
  world: StreamingWorld,
  how: {
    open(): Promise<Carrier>;
    crash: Carried['crash'];
    forge?: (event: { readonly tenant: string; readonly guild: string; readonly number: number }) => Promise<void>;
  },
): Promise<Carried> {
  const tenant = await world.tenant();
  const follow: Carried['follow'] = async (_key, handling) => {
    const stack = new AsyncDisposableStack();
    const carrier = stack.use(await how.open());
    stack.use(await world.follow(carrier, handling ? { after: ({ facts }) => handling(Number(facts['number'])) } : {}));
    return stack;
  };
  const handlers = new Map([
    [
      consumerName,
      async (transaction: Transaction, [event]: readonly StreamedEvent[]) =>
        effect(transaction, event as StreamedEvent),
    ],
  ]);
  // The consumer exists from here on.
  {
    await using _following = await follow('');
    await world.happens(tenant, '1', [0]);
    await vi.waitFor(async () => expect(await world.effects(tenant, '1')).toEqual([0]), { timeout: 60_000 });
  }
  return {
    async tell(guild, numbers) {
      await world.happens(tenant, guild, numbers);
      // Neither is brought.
      await world.happens(tenant, guild, [777], { fails: true }).catch(() => undefined);
      await world.happens(tenant, guild, [888], { type: 'Unwanted' });
    },
    follow,
    done: (guild) => world.effects(tenant, guild),
    crash: how.crash,
    deadLetters: {
      newest: async () => (await listDeadLetters(world.database, { take: 1 }))[0],
      replay: (id) => replayDeadLetter(world.database, id, handlers, Date.now()),
    },
    ...(how.forge
      ? { forge: (guild: string, number: number) => how.forge?.({ tenant, guild, number }) ?? Promise.resolve() }
      : {}),
    async [Symbol.asyncDispose]() {},
  };
}
