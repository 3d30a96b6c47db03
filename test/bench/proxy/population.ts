import { newTenantId, snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { TestInstallation } from '../../installation.ts';
import { administer } from '../database.ts';
import { targets, type BenchTarget, type CallTokens, type Sender } from './parts.ts';

const maxGuilds = 50;
const membersPerGuild = 20;
/** A bot has one connection for its calls as a rule, though the door gives it more; services share theirs. */
const connectionsOf = { bot: 1, service: 32 };
/** The token service is asked for this many certificates or tokens at a time. */
const chunkSize = 20;

/** A guild, and the tenant whose bot is in it. */
export interface BenchGuild {
  readonly tenant: TenantId;
  /** Index of the tenant's bot among the senders. */
  readonly bot: number;
  readonly id: Snowflake;
  readonly channel: Snowflake;
  readonly voiceChannel: Snowflake;
  readonly roles: readonly Snowflake[];
  readonly members: readonly Snowflake[];
}

/** Who sends requests, and for which guilds. */
export interface Population {
  readonly guilds: readonly BenchGuild[];
  readonly senders: readonly Sender[];
  /** Index of a service among the senders. */
  readonly services: Readonly<Record<'audio' | 'api', number>>;
  /** New ones: they live for a minute. */
  callTokens(): Promise<CallTokens>;
}

/** Active tenants with 1 to 50 guilds each, their bots' certificates, and those of the services that call. */
export async function populate(
  installation: TestInstallation,
  options: { readonly tenants: number; readonly adminUrl: string },
): Promise<Population> {
  const tenants = Array.from({ length: options.tenants }, () => newTenantId());
  await addTenants(options.adminUrl, tenants);
  const bots = await inChunks(tenants, (tenant) => installation.botIdentity(tenant));
  const agents = [await installation.agentFor('audio'), await installation.agentFor('api')];
  const senders = [
    ...bots.map(({ certificatePem, privateKeyPem, trustBundlePem }) => ({
      identity: { certificatePem, privateKeyPem, trustBundlePem },
      connections: connectionsOf.bot,
    })),
    ...agents.map(({ tls }) => ({ identity: tls.current(), connections: connectionsOf.service })),
  ];
  return {
    guilds: tenants.flatMap((tenant, bot) => guildsOf(tenant, bot)),
    senders,
    services: { audio: bots.length, api: bots.length + 1 },
    async callTokens() {
      const ofBots = await inChunks(bots, (bot) => tokensFor(['audio', 'discord-edge'], (to) => bot.callToken(to)));
      const ofServices = agents.map(({ tokenService }) =>
        tokensFor(targets, async (to) => (await tokenService.callToken(to)).token),
      );
      return [...ofBots, ...(await Promise.all(ofServices))];
    },
  };
}

async function addTenants(adminUrl: string, tenants: readonly TenantId[]): Promise<void> {
  await administer(adminUrl, async (admin) => {
    await admin.query(
      "insert into tenant (id, name, status, updated_at) select id, 'bench', 'active', now() from unnest($1::text[]) id",
      [tenants],
    );
    await admin.query('insert into policy_version (tenant_id, version) select id, 1 from unnest($1::text[]) id', [
      tenants,
    ]);
  });
}

function guildsOf(tenant: TenantId, bot: number): BenchGuild[] {
  return Array.from({ length: 1 + (bot % maxGuilds) }, (_, index) => {
    const base = 80_351_110_224_000_000n + BigInt(bot * maxGuilds + index) * 1_000n;
    const id = (offset: number) => snowflake(String(base + BigInt(offset)));
    return {
      tenant,
      bot,
      id: id(0),
      channel: id(1),
      voiceChannel: id(2),
      roles: [id(3), id(4), id(5)],
      members: Array.from({ length: membersPerGuild }, (_, member) => id(100 + member)),
    };
  });
}

async function tokensFor(
  audiences: readonly BenchTarget[],
  tokenFor: (audience: BenchTarget) => Promise<string>,
): Promise<Partial<Record<BenchTarget, string>>> {
  return Object.fromEntries(await Promise.all(audiences.map(async (to) => [to, await tokenFor(to)] as const)));
}

async function inChunks<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += chunkSize) {
    results.push(...(await Promise.all(items.slice(at, at + chunkSize).map(work))));
  }
  return results;
}
