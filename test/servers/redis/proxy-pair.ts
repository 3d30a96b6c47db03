import { expect } from 'vitest';
import { guildOne, startTestProxy, type Callers, type TestProxy } from '#gateway-proxy/proxy/proxy.fixture.ts';
import type { LimitSettings } from '#gateway-proxy/proxy/limits/limits.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import type { BotIdentity } from '#test/installation.ts';
import { startProxyProcess, type ProxyProcess } from '#test/proxy-process.ts';
import { untilBack } from './redis-server.ts';

export const done = { status: 200 };
export const replayed = { status: 403, code: 'once-only.replayed' };
export const unavailable = { status: 503, code: 'once-only.unavailable' };

/** Two real proxies beside each other, which share a Redis, and a tenant whose bot calls them. */
export class ProxyPair implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #counter: { skips: number };
  readonly world: TestProxy;
  readonly processes: readonly [ProxyProcess, ProxyProcess];
  readonly at: { readonly one: Callers; readonly other: Callers };
  tenant!: TenantId;
  #bot!: BotIdentity;

  private constructor(
    stack: AsyncDisposableStack,
    counter: { skips: number },
    world: TestProxy,
    processes: readonly [ProxyProcess, ProxyProcess],
  ) {
    this.#stack = stack;
    this.#counter = counter;
    this.world = world;
    this.processes = processes;
    const [one, other] = processes.map(({ port }) => stack.use(world.callersAt(port))) as [Callers, Callers];
    this.at = { one, other };
  }

  static async start(redis: RedisSettings, tenantRate?: LimitSettings['tenant']): Promise<ProxyPair> {
    await using stack = new AsyncDisposableStack();
    const counter = { skips: 0 };
    const player = '/v1/tenants/:tenant/guilds/:guild/player';
    const world = stack.use(
      await startTestProxy({
        services: {
          audio: (app) => {
            app.get(player, { config: { action: 'player.read' } }, async () => ({ state: 'idle' }));
            app.post(`${player}/skip`, { config: { action: 'player.skip' } }, async () => ({
              skips: (counter.skips += 1),
            }));
          },
        },
      }),
    );
    const limits = {
      denials: { perSec: 10_000, burst: 10_000 },
      ...(tenantRate === undefined ? {} : { tenant: tenantRate }),
    };
    const [one, other] = await Promise.all([
      startProxyProcess(world, redis, limits),
      startProxyProcess(world, redis, limits),
    ]);
    stack.use(one);
    stack.use(other);
    const pair = new ProxyPair(stack.move(), counter, world, [one, other]);
    await pair.another();
    return pair;
  }

  /** Changes that were forwarded. */
  get skips(): number {
    return this.#counter.skips;
  }

  /** From now on another tenant's bot calls, with a rate of its own. */
  async another(): Promise<void> {
    this.tenant = await this.world.newTenant();
    this.#bot = await this.world.installation.botIdentity(this.tenant);
  }

  successor(): Promise<BotIdentity> {
    return this.world.installation.botIdentity(this.tenant);
  }

  skipToken(): Promise<string> {
    return this.world.discordToken(this.tenant, ['player.skip', 'player.read']);
  }

  skip(callers: Callers, txnToken: string, caller = this.#bot) {
    return answerOf(callers, { method: 'POST', path: `${this.#player}/skip`, txnToken }, caller);
  }

  read(callers: Callers, txnToken: string) {
    return answerOf(callers, { path: this.#player, txnToken }, this.#bot);
  }

  /** Until both proxies have a connection to Redis. */
  settled(): Promise<void> {
    return untilBack(async () => {
      for (const callers of [this.at.one, this.at.other])
        expect(await this.skip(callers, await this.skipToken())).toMatchObject(done);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  get #player(): string {
    return `/audio/v1/tenants/${this.tenant}/guilds/${guildOne}/player`;
  }
}

async function answerOf(callers: Callers, options: Parameters<Callers['call']>[1], caller: BotIdentity) {
  const response = await callers.call(caller, options);
  const body = (await response.body.json()) as { code?: string };
  return { status: response.statusCode, headers: response.headers, code: body.code };
}
