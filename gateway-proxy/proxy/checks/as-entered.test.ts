import { describe, expect, it } from 'vitest';
import { callDigestsOf, type Entered } from '#policies/entered.ts';
import type { CommandName } from '#policies/commands.ts';
import type { Member } from '#security/identity/transaction-token.ts';
import { asEntered } from './as-entered.ts';
import { botOf, exchangeFor, guildOne, playerPath, serviceOf, tenantA } from './exchange.fixture.ts';

interface Case {
  readonly name: string;
  /** What the member entered. */
  readonly command: CommandName;
  readonly options?: Readonly<Record<string, Entered>>;
  /** What the bot calls: method, path below the player, and the body as it is. */
  readonly calls: readonly [method: string, rest: string, body?: string];
  readonly expect: 'pass' | 'on-behalf-of.not-as-entered';
}

const member = {
  kind: 'discord',
  user: guildOne,
  guild: guildOne,
  channel: guildOne,
  roles: [],
  permissions: '0',
  voiceChannel: null,
} as const;

async function judge({ command, options = {}, calls: [method, rest, body] }: Case) {
  const [path = '', query = ''] = rest.split(/(?=\?)/);
  const exchange = exchangeFor({
    caller: botOf(tenantA),
    method,
    // The library lies beside the player.
    path: playerPath(tenantA, guildOne, path).replace('/player/library', '/library'),
    found: {
      headers: new Map(),
      query,
      bodyExpected: body !== undefined,
      transaction: {
        txn: 'txn_1',
        tenant: tenantA,
        scope: [],
        member: { ...member, command },
        interaction: {
          id: '1',
          optionsDigest: 'digest',
          callDigests: callDigestsOf(command, new Map(Object.entries(options))),
        },
        expiresAtMs: 1,
      },
    },
  });
  exchange.bodyFrom(async () => Buffer.from(body ?? ''));
  const verdict = await asEntered.run(exchange, {});
  return verdict.passed ? 'pass' : verdict.denial.code;
}

const twisted = 'on-behalf-of.not-as-entered';
const bell = { query: 'eight second bell' };
// oxfmt-ignore
const cases: readonly Case[] = [
  { name: 'lets /play add what was entered', command: 'play', options: bell, calls: ['POST', '/queue', '{"query":"eight second bell"}'], expect: 'pass' },
  { name: 'lets members stand in any order and escape', command: 'play', options: { query: 'é' }, calls: ['POST', '/queue', String.raw`{ "query": "\u00e9" }`], expect: 'pass' },
  { name: 'refuses to let /play add something else', command: 'play', options: bell, calls: ['POST', '/queue', '{"query":"siren"}'], expect: twisted },
  { name: 'refuses to let /play name a voice channel', command: 'play', options: bell, calls: ['POST', '/queue', '{"query":"eight second bell","voiceChannel":"1"}'], expect: twisted },
  { name: 'refuses to let /play add it by its address', command: 'play', options: bell, calls: ['POST', '/queue?query=siren', '{"query":"eight second bell"}'], expect: twisted },
  { name: 'refuses to let /play add nothing', command: 'play', options: bell, calls: ['POST', '/queue'], expect: twisted },
  { name: 'lets a search look for what is typed', command: 'play', options: { query: 'a b&c' }, calls: ['GET', '/search?query=a+b%26c'], expect: 'pass' },
  { name: 'refuses a search for something else', command: 'play', options: bell, calls: ['GET', '/search?query=siren'], expect: twisted },
  { name: 'refuses a query that can be read in two ways', command: 'play', options: bell, calls: ['GET', '/search?query=siren&query=eight+second+bell'], expect: twisted },
  { name: 'lets /volume 10 set 10', command: 'volume', options: { percent: 10 }, calls: ['PUT', '/volume', '{"percent":10}'], expect: 'pass' },
  { name: 'refuses to let /volume 10 set 150', command: 'volume', options: { percent: 10 }, calls: ['PUT', '/volume', '{"percent":150}'], expect: twisted },
  { name: 'refuses another type', command: 'volume', options: { percent: 10 }, calls: ['PUT', '/volume', '{"percent":"10"}'], expect: twisted },
  { name: 'refuses to let a button of /volume set one', command: 'volume', calls: ['PUT', '/volume', '{"percent":150}'], expect: twisted },
  { name: 'refuses what is no JSON', command: 'volume', options: { percent: 10 }, calls: ['PUT', '/volume', 'percent=10'], expect: twisted },
  { name: 'refuses what is nested', command: 'play', options: bell, calls: ['POST', '/queue', '{"query":{"toString":"x"}}'], expect: twisted },
  { name: 'lets what was picked be added', command: 'search', options: { picked: ['a', 'b'] }, calls: ['POST', '/queue/pick', '{"tracks":["a","b"]}'], expect: 'pass' },
  { name: 'refuses other picks', command: 'search', options: { picked: ['a', 'b'] }, calls: ['POST', '/queue/pick', '{"tracks":["a","c"]}'], expect: twisted },
  { name: 'refuses fewer picks', command: 'search', options: { picked: ['a', 'b'] }, calls: ['POST', '/queue/pick', '{"tracks":["a"]}'], expect: twisted },
  { name: 'refuses picks where none was made', command: 'search', options: { query: 'a' }, calls: ['POST', '/queue/pick', '{"tracks":["a"]}'], expect: twisted },
  { name: 'refuses a list within a list', command: 'search', options: { picked: ['a'] }, calls: ['POST', '/queue/pick', '{"tracks":[["a"]]}'], expect: twisted },
  { name: 'lets an uploaded file be added', command: 'play', options: { file: 'https://cdn.discordapp.com/a.mp3' }, calls: ['POST', '/queue', '{"query":"https://cdn.discordapp.com/a.mp3"}'], expect: 'pass' },
  { name: 'lets /skip skip', command: 'skip', calls: ['POST', '/skip'], expect: 'pass' },
  { name: 'lets /skip skip with an empty body', command: 'skip', calls: ['POST', '/skip', '{}'], expect: 'pass' },
  { name: 'refuses to let /skip say more than that', command: 'skip', calls: ['POST', '/skip', '{"to":7}'], expect: twisted },
  { name: 'lets /queue read', command: 'queue', options: { page: 2 }, calls: ['GET', ''], expect: 'pass' },
  { name: 'lets /queue choose which part of it to show', command: 'queue', calls: ['GET', '/queue?from=100&limit=10'], expect: 'pass' },
  { name: 'lets /playlist show read the playlist that was named', command: 'playlist show', options: { name: 'Evening' }, calls: ['GET', '/library/playlists/tracks?name=Evening&from=10&limit=10'], expect: 'pass' },
  { name: 'refuses to let /playlist show read another', command: 'playlist show', options: { name: 'Evening' }, calls: ['GET', '/library/playlists/tracks?name=Morning&from=0&limit=10'], expect: twisted },
  { name: 'refuses to let /playlist create say more', command: 'playlist create', options: { name: 'Evening' }, calls: ['POST', '/library/playlists/create', '{"name":"Evening","limit":1}'], expect: twisted },
  { name: 'refuses a part of what has none', command: 'play', options: bell, calls: ['GET', '/search?query=eight+second+bell&from=10'], expect: twisted },
  { name: 'refuses a body without end', command: 'play', options: bell, calls: ['POST', '/queue', `{"query":"${'x'.repeat(200_000)}"}`], expect: twisted },
];

describe('as-entered', () => {
  it.each(cases)('$name', async (one) => {
    expect(await judge(one)).toBe(one.expect);
  });

  it('leaves alone what the api does for people at the portal, and what is done for nobody', async () => {
    const portal: Member = { kind: 'tenant-member', subject: 'operator:owner' };
    const transaction = { txn: 'txn_1', tenant: tenantA, scope: [], member: portal, expiresAtMs: 1 };
    const path = playerPath(tenantA, guildOne, '/queue');
    const body = { headers: new Map(), bodyExpected: true };
    for (const found of [body, { ...body, transaction }]) {
      const exchange = exchangeFor({ caller: serviceOf('api'), method: 'POST', path, found });
      expect(asEntered.run(exchange, {})).toMatchObject({ passed: true });
    }
  });
});
