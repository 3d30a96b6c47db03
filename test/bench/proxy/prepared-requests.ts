import { randomBytes, randomUUID } from 'node:crypto';
import type { TestInstallation } from '../../installation.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import { fencingTokenHeader } from '#infra/leases/lease.ts';
import { commandScopes, type CommandName } from '#policies/commands.ts';
import { callDigestsOf } from '#policies/entered.ts';
import { routeDefinitions, type RouteDefinition } from '#policies/routes.ts';
import { issueTransactionToken } from '#security/identity/transaction-token.ts';
import { bodies, optionsOf, pathOf, type Content } from './contents.ts';
import { es256Tokens } from './es256-tokens.ts';
import type { Call } from './mix.ts';
import type { BenchTarget, PreparedRequest } from './parts.ts';
import type { BenchGuild, Population } from './population.ts';

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
  const jwts = es256Tokens();
  const { guilds, guildsWithBots, audio, senders } = population;
  let lastId = BigInt(Date.now() - 1_420_070_400_000) << 22n;
  const nextId = () => snowflake(String((lastId += 1n)));

  async function transactionToken(command: CommandName, call: Call, content: Content): Promise<string> {
    const { guild } = content;
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
        callDigests: callDigestsOf(command, optionsOf(call, content)),
      },
    };
    return issueTransactionToken(signer, transaction, { lifetimeSec: 300, nowMs: Date.now() });
  }

  async function writeOne(call: Call, guild: BenchGuild, sender: number): Promise<PreparedRequest> {
    const [method = '', to = '', pattern = ''] = call.on.split(' ');
    const percent = Math.floor(Math.random() * 151);
    const content = { guild, nextId, query: `overnight express ${randomUUID()}`, percent };
    const body = call.body === undefined ? null : JSON.stringify(bodies[call.body](content));
    const headers = body === null ? [] : ['content-type', 'application/json'];
    if (call.command !== undefined) headers.push('txn-token', await transactionToken(call.command, call, content));
    if (isFenced(method, to, pattern)) headers.push(fencingTokenHeader, '1');
    if (pattern.includes('/interactions/')) headers.push('idempotency-key', randomUUID());
    const path = `/${to}${pathOf(pattern, content)}`;
    return { sender, to: to as BenchTarget, method, path, headers, body, jwt: jwts.next(guild.tenant) };
  }

  return {
    jwtPublicKeyPem: jwts.publicKeyPem,
    async write(calls, count) {
      const pick = picker(calls);
      const requests: PreparedRequest[] = [];
      while (requests.length < count) {
        const call = pick();
        const guild = anyOf(call.by === 'bot' ? guildsWithBots : guilds);
        requests.push(await writeOne(call, guild, call.by === 'bot' ? guild.bot : audio));
      }
      return requests;
    },
    async opening() {
      const requests: PreparedRequest[] = [];
      for (const [sender, { connections }] of senders.entries()) {
        const guild = guildsWithBots.find(({ bot }) => bot === sender) ?? anyOf(guilds);
        const call = openingCalls[sender === audio ? 'audio' : 'bot'];
        for (let index = 0; index < connections; index += 1) requests.push(await writeOne(call, guild, sender));
      }
      return requests;
    },
  };
}

const openingCalls: Readonly<Record<Call['by'], Call>> = {
  bot: { count: 1, by: 'bot', on: 'GET audio /v1/tenants/:tenant/guilds/:guild/player', command: 'queue' },
  audio: { count: 1, by: 'audio', on: 'GET lavalink /tenants/:tenant/nodes/:node/v4/info' },
};

/** Whether the route asks its caller for the fencing token of the tenant's lease. */
function isFenced(method: string, to: string, pattern: string): boolean {
  const [path] = pattern.split('?');
  const definitions: readonly RouteDefinition[] = routeDefinitions;
  return definitions.some(
    ({ to: target, on, fencedBy }) =>
      fencedBy !== undefined && target === to && on.split(' ').includes(method) && on.endsWith(` ${path}`),
  );
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
