import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { Pool } from 'undici';
import { readNdjson } from '#infra/http/ndjson.ts';
import { newTenantId, snowflake, tenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger, type Logger } from '#infra/logger/logger.ts';
import type { MemberRole } from '#policies/roles.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import type { Agent } from '#security/identity/agent.ts';
import type { ServiceName } from '#security/identity/spiffe.ts';
import { callDigest, type CallParameters } from '#policies/entered.ts';
import {
  issueTransactionToken,
  newTransactionId,
  type Member,
  type Transaction,
} from '#security/identity/transaction-token.ts';
import type { BotIdentity } from '#test/installation.ts';
import { useCommand } from '#test/sandbox/world/acting/person.ts';
import { createApplication, createUser, installApplication } from '#test/sandbox/world/applications.ts';
import { addPerson, createChannel, createGuild } from '#test/sandbox/world/guilds.ts';
import { openDoors, type Doors } from './doors.ts';
import { startParts, type Parts, type PartsOptions } from './parts.ts';

/** A customer with a guild of its own that its bot is in, and the identity that its bot would have. */
export interface Customer {
  readonly id: TenantId;
  readonly applicationId: string;
  readonly discordToken: string;
  readonly guild: Snowflake;
  readonly text: Snowflake;
  readonly voice: Snowflake;
  /** A member of the guild without roles. */
  readonly member: Snowflake;
  readonly bot: BotIdentity;
}

type DiscordMember = Extract<Member, { kind: 'discord' }>;

export interface World extends AsyncDisposable {
  readonly parts: Parts;
  readonly doors: Doors;
  /** Bypasses row-level security. */
  readonly admin: pg.Pool;
  /** The platform owner's session at the api. */
  readonly owner: string;
  agent(name: ServiceName): Promise<Agent>;
  /**
   * Set up through the public API: created, its token stored, its Discord session connected, its commands registered.
   */
  customer(name: string): Promise<Customer>;
  /** A tenant in the database only, for tests that need neither Discord nor a bot. */
  bareTenant(status?: string): Promise<TenantId>;
  /** A session at the api for `subject`, with a role in a tenant if one is given. */
  session(subject: string, membership?: { tenant: TenantId; role: MemberRole }): Promise<string>;
  /**
   * A transaction token as the edge would sign it: a member of the customer's guild and what their command may lead to.
   */
  witnessed(
    customer: Customer,
    scope: readonly string[],
    member?: Partial<DiscordMember>,
    /** The parameters that each action may have. */
    entered?: Readonly<Record<string, CallParameters>>,
  ): Promise<string>;
  /** A transaction token as the api would sign it: a member of the tenant in the portal. */
  portalToken(tenant: TenantId, scope: readonly string[], subject: string, guild?: Snowflake): Promise<string>;
  /** Types a command in Discord; resolves with the transaction token that the edge sends to the bot. */
  types(customer: Customer, command: string, options?: Record<string, string | number>): Promise<Interaction>;
  /** The tenant's audit records so far, in order, including sealed ones. */
  audit(tenant: TenantId): Promise<AuditRecord[]>;
  /** All rows of the tables that hold decisions or property, to compare before and after. */
  state(): Promise<string>;
}

export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly txnToken: string;
}

/** The whole platform in this process, the sandbox's Discord beside it, and legitimate and hostile callers. */
export async function startWorld(options: Partial<PartsOptions> = {}): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const logger: Logger = options.logger ?? silentLogger();
  const parts = stack.use(await startParts({ ...options, logger }));
  const doors = stack.use(openDoors(parts));
  const admin = new pg.Pool({ connectionString: parts.database.adminUrl, max: 4 });
  stack.defer(() => admin.end());
  const signedIn = await doors.public({
    method: 'POST',
    path: '/v1/sessions',
    body: { oneTimeToken: parts.ownerSignIn },
  });
  const owner = (signedIn.body as { token: string }).token;
  const agent = (name: ServiceName) => parts.installation.agentFor(name);
  const sign = async (
    by: ServiceName,
    tenant: TenantId,
    scope: readonly string[],
    member: Member,
    interaction?: Transaction['interaction'],
  ) => {
    const signer = await (await agent(by)).delegate('transaction-token');
    const nowMs = Date.now();
    return issueTransactionToken(
      signer,
      { txn: newTransactionId(nowMs), tenant, scope, member, interaction },
      { lifetimeSec: 60, nowMs },
    );
  };
  const resources = stack.move();
  return {
    parts,
    doors,
    admin,
    owner,
    agent,
    customer: (name) => newCustomer({ parts, doors, owner }, name),
    bareTenant: (status = 'active') => bareTenant(admin, status),
    async session(subject, membership) {
      if (membership) {
        await admin.query(
          'insert into tenant_member (tenant_id, subject, role) values ($1, $2, $3) on conflict (tenant_id, subject) do update set role = excluded.role',
          [membership.tenant, subject, membership.role],
        );
        await admin.query('update policy_version set version = version + 1 where tenant_id = $1', [membership.tenant]);
        // The api checks again after any request that might have changed a tenant; so it learns of this too.
        await doors.public({
          method: 'POST',
          path: `/v1/tenants/${membership.tenant}/guilds/1/policy/validate`,
          session: owner,
          body: { rules: [], otherwise: 'allow' },
        });
      }
      const token = randomBytes(32).toString('base64url');
      const hash = createHash('sha256').update(token).digest();
      await admin.query("insert into api_session (token_hash, subject, expires_at) values ($1, $2, now() + '1 hour')", [
        hash,
        subject,
      ]);
      return token;
    },
    witnessed: (customer, scope, member = {}, entered = {}) => {
      const witnessed: Member = {
        kind: 'discord',
        user: customer.member,
        guild: customer.guild,
        channel: customer.text,
        roles: [],
        permissions: '0',
        voiceChannel: customer.voice,
        command: 'skip',
        ...member,
      };
      const callDigests = Object.fromEntries(
        Object.entries(entered).map(([action, said]) => [action, callDigest(said)]),
      );
      return sign('discord-edge', customer.id, scope, witnessed, { id: '5001', optionsDigest: 'digest', callDigests });
    },
    portalToken: (tenant, scope, subject, guild) =>
      sign('api', tenant, scope, { kind: 'tenant-member', subject, ...(guild === undefined ? {} : { guild }) }),
    types: (customer, command, given) => typed(parts, doors, customer, command, given),
    audit: (tenant) => auditOf(admin, tenant),
    state: () => stateOf(admin),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const commandDefinitions = [
  { name: 'play', description: 'Play', options: [{ type: 3, name: 'query', description: 'What', required: true }] },
  { name: 'volume', description: 'Volume', options: [{ type: 4, name: 'percent', description: '%', required: true }] },
  ...['pause', 'resume', 'skip', 'stop', 'queue', 'nowplaying'].map((name) => ({ name, description: name })),
];

async function newCustomer(
  { parts, doors, owner: session }: { parts: Parts; doors: Doors; owner: string },
  name: string,
): Promise<Customer> {
  const { world } = parts.sandbox;
  const person = createUser(world, `Owner of ${name}`);
  const guild = createGuild(world, `Guild of ${name}`, person.id);
  const text = createChannel(world, guild.id, { name: 'music', type: 'text' });
  const voice = createChannel(world, guild.id, { name: 'Lounge', type: 'voice' });
  const member = addPerson(world, guild.id, `Member of ${name}`);
  const application = createApplication(world, name, person.id);
  installApplication(world, guild.id, application.id);
  const created = await doors.public({ method: 'POST', path: '/v1/tenants', session, body: { name } });
  const id = tenantId((created.body as { id: string }).id);
  const stored = await doors.public({
    method: 'PUT',
    path: `/v1/tenants/${id}/token`,
    session,
    body: { token: application.token, applicationId: application.id },
  });
  if (stored.status !== 200) throw new Error(`the token was not stored: ${stored.text}`);
  const bot = await parts.installation.botIdentity(id);
  await eventually(`${name} is connected`, async () => {
    const { body } = await doors.public({ path: `/v1/tenants/${id}`, session });
    return (body as { session: { guilds: number } | null }).session?.guilds === 1;
  });
  const registered = await doors.call(bot, {
    method: 'PUT',
    path: `/discord-edge/v1/tenants/${id}/rest/applications/${application.id}/commands`,
    body: commandDefinitions,
  });
  if (registered.status !== 200) throw new Error(`the commands were not registered: ${registered.text}`);
  return {
    id,
    applicationId: application.id,
    discordToken: application.token,
    guild: snowflake(guild.id),
    text: snowflake(text.id),
    voice: snowflake(voice.id),
    member: snowflake(member.userId),
    bot,
  };
}

async function bareTenant(admin: pg.Pool, status: string): Promise<TenantId> {
  const id = newTenantId();
  await admin.query('insert into tenant (id, name, status) values ($1, $2, $3)', [id, 'Bare', status]);
  await admin.query('insert into policy_version (tenant_id, version) values ($1, 1)', [id]);
  return id;
}

/** The bot's side of an interaction, without a bot: reads its stream from the edge until the interaction arrives. */
async function typed(
  parts: Parts,
  doors: Doors,
  customer: Customer,
  command: string,
  options?: Record<string, string | number>,
): Promise<Interaction> {
  const pool = new Pool(`https://127.0.0.1:${parts.proxy.port}`, { connect: doors.tlsOptions(customer.bot) });
  try {
    const stream = await pool.request({
      method: 'GET',
      path: `/discord-edge/v1/tenants/${customer.id}/gateway/stream`,
      headers: { authorization: `Bearer ${await customer.bot.callToken('discord-edge')}` },
    });
    stream.body.on('error', () => undefined);
    const place = { guildId: customer.guild, channelId: customer.text, userId: customer.member };
    const { applicationId } = customer;
    const { id, token } = useCommand(parts.sandbox.world, place, { command, options, applicationId });
    for await (const frame of readNdjson(stream.body)) {
      const { t, d, txn } = frame as { t?: string; d?: { id?: string }; txn?: string };
      if (t === 'INTERACTION_CREATE' && d?.id === id && txn !== undefined) return { id, token, txnToken: txn };
    }
    throw new Error('the stream ended before the interaction came');
  } finally {
    await pool.destroy();
  }
}

async function auditOf(admin: pg.Pool, tenant: TenantId): Promise<AuditRecord[]> {
  const { rows } = await admin.query<{ record: string }>(
    `select line as record from (
       select record, 0 as part, leaf_index as at from audit_leaf where tenant_id = $1
       union all select record, 1, id from audit_journal where tenant_id = $1) as every,
       string_to_table(record, E'\\n') with ordinality as split (line, place) order by part, at, place`,
    [tenant],
  );
  return rows.map(({ record }) => JSON.parse(record) as AuditRecord);
}

const kept = [
  'tenant t',
  'tenant_member t',
  'invitation t',
  'guild_policy t',
  'application_credential t',
  'music_session t',
  // The worker removes expired ones at any time.
  'api_session t where expires_at > now()',
];

async function stateOf(admin: pg.Pool): Promise<string> {
  const parts = await Promise.all(
    kept.map(async (table) => {
      const { rows } = await admin.query<{ row: string }>(`select t::text as row from ${table} order by 1`);
      return [table, ...rows.map(({ row }) => row)].join('\n');
    }),
  );
  return parts.join('\n');
}

/** Polls until it holds; after `timeoutMs` it fails, saying what did not come true. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`after ${timeoutMs} ms still not: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
