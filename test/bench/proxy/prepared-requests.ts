import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import type { TestInstallation } from '../../installation.ts';
import { newId, snowflake, type Snowflake } from '#infra/kernel/ids.ts';
import { commandScopes, type CommandName } from '#policies/commands.ts';
import { callDigestsOf } from '#policies/entered.ts';
import { issueTransactionToken } from '#security/identity/transaction-token.ts';
import type { BodyName, Call } from './mix.ts';
import type { BenchTarget, PreparedRequest } from './parts.ts';
import type { BenchGuild, Population } from './population.ts';

/** The node in the proxy's settings. */
export const node = 'main';

/** Writes requests of a mix, each with tokens of its own, so that nothing but sending them is left to be measured. */
export interface RequestWriter {
  /** PEM of the key with which the `jwt` of each request can be verified. */
  readonly jwtPublicKeyPem: string;
  write(calls: readonly Call[], count: number): Promise<PreparedRequest[]>;
  /** One read over every connection of every sender, which opens them all. */
  opening(): Promise<PreparedRequest[]>;
}

export async function requestWriter(installation: TestInstallation, population: Population): Promise<RequestWriter> {
  const edge = await installation.agentFor('discord-edge');
  const signer = await edge.delegate('transaction-token');
  const jwts = es256();
  const { guilds, services, senders } = population;
  let lastId = BigInt(Date.now() - 1_420_070_400_000) << 22n;
  const nextId = () => snowflake(String((lastId += 1n)));

  async function transactionToken(command: CommandName, guild: BenchGuild, entered: Entered): Promise<string> {
    const id = nextId();
    const transaction = {
      txn: `txn_${id}`,
      tenant: guild.tenant,
      scope: commandScopes[command],
      member: {
        kind: 'discord',
        user: anyOf(guild.members),
        guild: guild.id,
        channel: guild.channel,
        roles: guild.roles,
        permissions: '2048',
        voiceChannel: guild.voiceChannel,
        command,
      } as const,
      interaction: {
        id,
        optionsDigest: randomBytes(32).toString('base64url'),
        callDigests: callDigestsOf(command, new Map(Object.entries(entered))),
      },
    };
    return issueTransactionToken(signer, transaction, { lifetimeSec: 300, nowMs: Date.now() });
  }

  async function writeOne(call: Call, guild: BenchGuild, sender: number): Promise<PreparedRequest> {
    const [method = '', to = '', pattern = ''] = call.on.split(' ');
    const entered = { query: `overnight express ${randomUUID()}`, percent: Math.floor(Math.random() * 151) };
    const body = call.body === undefined ? null : JSON.stringify(bodies[call.body]({ guild, nextId, ...entered }));
    const headers = body === null ? [] : ['content-type', 'application/json'];
    if (call.command !== undefined)
      headers.push('txn-token', await transactionToken(call.command, guild, enteredFor(call, entered)));
    if (pattern.includes('/interactions/')) headers.push('idempotency-key', randomUUID());
    const path = `/${to}${fill(pattern, guild, nextId, entered.query)}`;
    return { sender, to: to as BenchTarget, method, path, headers, body, jwt: jwts.next(guild) };
  }

  return {
    jwtPublicKeyPem: jwts.publicKeyPem,
    async write(calls, count) {
      const pick = picker(calls);
      const requests: PreparedRequest[] = [];
      while (requests.length < count) {
        const [call, guild] = [pick(), anyOf(guilds)];
        requests.push(await writeOne(call, guild, call.by === 'bot' ? guild.bot : services[call.by]));
      }
      return requests;
    },
    async opening() {
      const requests: PreparedRequest[] = [];
      for (const [sender, { connections }] of senders.entries()) {
        const guild = guilds.find(({ bot }) => bot === sender) ?? anyOf(guilds);
        const call = sender === guild.bot ? openingCalls.bot : openingCalls[sender === services.audio ? 'audio' : 'api'];
        for (let index = 0; index < connections; index += 1) requests.push(await writeOne(call, guild, sender));
      }
      return requests;
    },
  };
}

const openingCalls: Readonly<Record<Call['by'], Call>> = {
  bot: { count: 1, by: 'bot', on: 'GET audio /v1/tenants/:tenant/guilds/:guild/player', command: 'queue' },
  audio: { count: 1, by: 'audio', on: 'GET lavalink /tenants/:tenant/nodes/:node/v4/info' },
  api: { count: 1, by: 'api', on: 'GET audio /v1/tenants/:tenant/players' },
};

interface Entered {
  readonly [option: string]: string | number;
}

/** What the member entered is what the call carries (policies/commands.ts, commandParameters). */
function enteredFor({ body }: Call, { query, percent }: { query: string; percent: number }): Entered {
  if (body === 'query') return { query };
  return body === 'percent' ? { percent } : {};
}

interface Content {
  readonly guild: BenchGuild;
  readonly nextId: () => Snowflake;
  readonly query: string;
  readonly percent: number;
}

const button = (label: string) => ({ type: 2, custom_id: `bw:${label.toLowerCase()}`, label, style: 2, disabled: false });
const panel = ({ guild, query }: Content) => ({
  embeds: [{ color: 5_814_783, title: query, description: `3:25 · for <@${guild.members[0]}>`, footer: { text: '100 %' } }],
  components: [{ type: 1, components: ['Pause', 'Skip', 'Stop', 'Queue'].map(button) }],
  allowed_mentions: { parse: [] },
});

const bodies: Readonly<Record<BodyName, (content: Content) => unknown>> = {
  deferral: () => ({ type: 5, data: {} }),
  answer: ({ percent }) => ({
    type: 4,
    data: { content: `The volume is ${percent} %.`, flags: 64, allowed_mentions: { parse: [] } },
  }),
  panel,
  message: ({ guild, nextId }) => ({ message: { channelId: guild.channel, messageId: nextId() } }),
  ack: () => ({ seq: Math.floor(Math.random() * 1e6) }),
  query: ({ query }) => ({ query }),
  percent: ({ percent }) => ({ percent }),
  voice: ({ guild }) => ({ channelId: guild.voiceChannel, selfMute: false, selfDeaf: true }),
  node: ({ percent }) => ({ volume: percent }),
};

function fill(pattern: string, guild: BenchGuild, nextId: () => Snowflake, search: string): string {
  return pattern.replaceAll(/:([a-z]+)/g, (_, name: string) => {
    switch (name) {
      case 'tenant':
        return guild.tenant;
      case 'guild':
        return guild.id;
      case 'node':
        return node;
      case 'session':
        return 'vs4rh7';
      case 'token':
        return randomBytes(90).toString('base64url');
      case 'search':
        return encodeURIComponent(`ytsearch:${search}`);
      default:
        return nextId();
    }
  });
}

function anyOf<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}

/** Chooses calls in proportion to their counts. */
function picker(calls: readonly Call[]): () => Call {
  const total = calls.reduce((sum, { count }) => sum + count, 0);
  return () => {
    let left = Math.random() * total;
    return calls.find(({ count }) => (left -= count) < 0) ?? anyOf(calls);
  };
}

/** Tokens such as HAProxy can verify (RFC 7515, A.3), no two alike. */
function es256(): { readonly publicKeyPem: string; next(guild: BenchGuild): string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = encode({ alg: 'ES256', typ: 'JWT' });
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    next({ tenant }) {
      const iat = Math.floor(Date.now() / 1000);
      const claims = { iss: 'bench', aud: 'bench', sub: tenant, iat, exp: iat + 300, jti: newId('jwt') };
      const input = `${header}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}
