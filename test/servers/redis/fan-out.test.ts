// @module-tag redis
import { installationId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { carrierContract, type Carried } from '#infra/streaming/carrier.contract.ts';
import { RedisFanOut } from '#infra/streaming/redis-fan-out.ts';
import { RedisServer } from './redis-server.ts';

/** What replicas tell each other at once, and may miss, at a real Redis. */
async function start(): Promise<Carried> {
  const installation = installationId('fan-out.example');
  const stack = new AsyncDisposableStack();
  const server = stack.use(await RedisServer.start(installation));
  const owner = { installation, part: 'api', logger: silentLogger() } as const;
  const replica = () => new RedisFanOut(server.settingsOf('api'), owner);
  const teller = stack.use(replica());
  const heard = new Map<string, number[]>();
  return {
    async tell(key, numbers) {
      for (const number of numbers) await teller.publish({ name: key }, Buffer.from(String(number)));
    },
    async follow(key) {
      const follower = replica();
      const numbers = heard.get(key) ?? [];
      heard.set(key, numbers);
      await new Promise<void>((connected, reject) => {
        follower.follow(
          { name: key },
          {
            heard: (message) => numbers.push(Number(Buffer.from(message))),
            connected,
            disconnected() {},
            refused: reject,
          },
        );
      });
      return follower;
    },
    done: async (key) => [...(heard.get(key) ?? [])],
    async crash() {
      await server.stop();
      return () => server.run();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

carrierContract({ oneEffect: false, waits: false, deadLetters: false, signatures: false }, start);
