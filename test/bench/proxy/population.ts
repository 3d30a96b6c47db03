import { newTenantId, snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { GuildPolicy } from '#policies/guild-policy.ts';
import { packPolicy } from '#policies/packed-policy.ts';
import type { TestInstallation } from '../../installation.ts';
import { administer } from '../database.ts';
import { targets, type BenchTarget, type CallTokens, type Sender } from './parts.ts';

const membersPerGuild = 20;
/** Few bots share what many have: one each, as a bot that is not busy. */
const botConnections = 64;
const audioConnections = 32;
/** The token service is asked for this many certificates or tokens at a time. */
const chunkSize = 20;

/** A guild, and the tenant whose bot is in it. */
export interface BenchGuild {
  readonly tenant: TenantId;
  /** Index of the tenant, and of its bot among the senders, if it has one. */
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
  readonly guildsWithBots: readonly BenchGuild[];
  readonly senders: readonly Sender[];
  /** Index of the audio service, which serves all tenants, among the senders. */
  readonly audio: number;
  /** New ones: they live for a minute. */
  callTokens(): Promise<CallTokens>;
}

export interface PopulationOptions {
  readonly tenants: number;
  /** How many of the tenants have a bot that sends requests. */
  readonly bots: number;
  /** Tenants have 1 to this many guilds. */
  readonly maxGuilds: number;
  /** Of each guild's policy; without any it has none. */
  readonly rules: number;
  readonly adminUrl: string;
}

/** Active tenants with their guilds, and the certificates of their bots and of audio. */
export async function populate(installation: TestInstallation, options: PopulationOptions): Promise<Population> {
  const tenants = Array.from({ length: options.tenants }, () => newTenantId());
  const guilds = tenants.flatMap((tenant, index) => guildsOf(tenant, index, options.maxGuilds));
  await addTenants(options.adminUrl, tenants, guilds, options.rules);
  const bots = await inChunks(tenants.slice(0, options.bots), (tenant) => installation.botIdentity(tenant));
  const audio = await installation.agentFor('audio');
  const senders = [
    ...bots.map(({ certificatePem, privateKeyPem, trustBundlePem }) => ({
      identity: { certificatePem, privateKeyPem, trustBundlePem },
      connections: Math.ceil(botConnections / bots.length),
    })),
    { identity: audio.tls.current(), connections: audioConnections },
  ];
  return {
    guilds,
    guildsWithBots: guilds.filter(({ bot }) => bot < bots.length),
    senders,
    audio: bots.length,
    async callTokens() {
      const ofBots = await inChunks(bots, (bot) => tokensFor(['audio', 'discord-edge'], (to) => bot.callToken(to)));
      const ofAudio = await tokensFor(targets, async (to) => (await audio.tokenService.callToken(to)).token);
      return [...ofBots, ofAudio];
    },
  };
}

async function addTenants(
  adminUrl: string,
  tenants: readonly TenantId[],
  guilds: readonly BenchGuild[],
  rules: number,
): Promise<void> {
  await administer(adminUrl, async (admin) => {
    await admin.query(
      `insert into tenant (id, name, status, updated_at)
         select id, 'bench', 'active', now() from unnest($1::text[]) as id`,
      [tenants],
    );
    await admin.query('insert into policy_version (tenant_id) select id from unnest($1::text[]) as id', [tenants]);
    if (rules === 0) return;
    await admin.query(
      `insert into guild_policy (tenant_id, guild_id, version, document, packed, author)
         select tenant, guild, 1, $3::jsonb, $4, 'operator:bench' from unnest($1::text[], $2::text[]) as g (tenant, guild)`,
      [
        guilds.map(({ tenant }) => tenant),
        guilds.map(({ id }) => id),
        JSON.stringify(policyOf(rules)),
        packPolicy(policyOf(rules)),
      ],
    );
  });
}

/** Rules about roles that nobody has, so that all of them are looked at and everything is allowed. */
const policyOf = (rules: number): GuildPolicy => ({
  rules: Array.from({ length: rules }, (_, index) => ({
    id: `rule-${index}`,
    effect: 'deny',
    who: { roles: [snowflake(String(1_000 + index))] },
    commands: 'all',
  })),
  otherwise: 'allow',
});

function guildsOf(tenant: TenantId, bot: number, maxGuilds: number): BenchGuild[] {
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
