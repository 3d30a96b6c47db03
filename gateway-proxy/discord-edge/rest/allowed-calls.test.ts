import { describe, expect, it } from 'vitest';
import type { TrackedInteraction } from '../interactions/interaction.ts';
import { GuildBook } from '../state/guild-book.ts';
import { allowed, allowedCalls, type Reach } from './allowed-calls.ts';
import { parseTarget } from './target.ts';

const own = {
  application: '100000000000000001',
  guild: '200000000000000001',
  text: '300000000000000001',
  voice: '300000000000000002',
  thread: '300000000000000003',
};
const foreign = { application: '100000000000000009', guild: '200000000000000009', text: '300000000000000009' };
const message = '400000000000000001';
const interaction = { id: '500000000000000001', token: 'token-of-an-interaction-of-ours' };

const book = new GuildBook();
book.apply({ t: 'READY', d: { user: { id: own.application }, guilds: [{ id: own.guild }] } });
book.apply({
  t: 'GUILD_CREATE',
  d: {
    id: own.guild,
    channels: [
      { id: own.text, type: 0 },
      { id: own.voice, type: 2 },
    ],
    threads: [{ id: own.thread, type: 11 }],
  },
});

const tracked = { id: interaction.id, token: interaction.token } as TrackedInteraction;
const reach: Reach = {
  applicationId: own.application,
  book,
  interactionById: (id, token) => (id === interaction.id && token === interaction.token ? tracked : undefined),
  interactionByToken: (token) => (token === interaction.token ? tracked : undefined),
  mayStillArrive: () => false,
};

const judge = (call: string, within = reach) => {
  const [method = '', path = ''] = call.split(' ');
  const target = parseTarget(path.replace(/^\//, ''));
  return target && allowed(method, target, within);
};

const webhook = `/webhooks/${own.application}/${interaction.token}`;
/** Each allowed call beside its near misses. */
const cases: [allowed: string, denied: string[]][] = [
  [
    `POST /interactions/${interaction.id}/${interaction.token}/callback`,
    [
      `POST /interactions/500000000000000009/${interaction.token}/callback`,
      `POST /interactions/${interaction.id}/token-of-another-interaction/callback`,
      `GET /interactions/${interaction.id}/${interaction.token}/callback`,
      `POST /interactions/${interaction.id}/${interaction.token}/callback?evil=1`,
      `POST /interactions/${interaction.id}/${interaction.token}/callback/more`,
    ],
  ],
  [
    `POST ${webhook}?wait=true`,
    [
      `POST /webhooks/${foreign.application}/${interaction.token}`,
      `POST /webhooks/${own.application}/token-of-a-webhook-of-others`,
      `POST ${webhook}?thread_id=${own.thread}`,
      `DELETE ${webhook}`,
      `POST ${webhook}/slack`,
    ],
  ],
  [`GET ${webhook}/messages/@original`, [`GET ${webhook}/messages`, `GET ${webhook}/messages/@everyone`]],
  [
    `PATCH ${webhook}/messages/%40original`,
    [`PATCH ${webhook}/messages/%2540original`, `PATCH ${webhook}/messages/%40other`],
  ],
  [
    `DELETE ${webhook}/messages/${message}`,
    [`DELETE /webhooks/${foreign.application}/${interaction.token}/messages/${message}`],
  ],
  [
    `POST /channels/${own.text}/messages`,
    [
      `POST /channels/${foreign.text}/messages`,
      `GET /channels/${own.text}/messages`,
      `POST /channels/${own.text}/messages/bulk-delete`,
      `POST /channels/${own.text}/invites`,
      `POST /channels/${foreign.text}/../${own.text}/messages`,
      `POST /channels//${own.text}/messages`,
      `POST /channels/${own.text}%2fmessages`,
    ],
  ],
  [`POST /channels/${own.thread}/messages`, [`POST /channels/${own.guild}/messages`]],
  [
    `PATCH /channels/${own.text}/messages/${message}`,
    [`PATCH /channels/${foreign.text}/messages/${message}`, `PATCH /channels/${own.text}`],
  ],
  [
    `DELETE /channels/${own.text}/messages/${message}`,
    [`DELETE /channels/${own.text}`, `DELETE /channels/${own.text}/messages/@original`],
  ],
  [
    `PUT /channels/${own.text}/messages/${message}/reactions/%E2%9C%85/@me`,
    [
      `PUT /channels/${foreign.text}/messages/${message}/reactions/%E2%9C%85/@me`,
      `PUT /channels/${own.text}/messages/${message}/reactions/%E2%9C%85/${message}`,
      `PUT /channels/${own.text}/messages/${message}/reactions/%F0%9F%92%A9/@me`,
      `DELETE /channels/${own.text}/messages/${message}/reactions/%E2%9C%85/@me`,
      `DELETE /channels/${own.text}/messages/${message}/reactions`,
    ],
  ],
  [
    `PUT /channels/${own.voice}/voice-status`,
    [`PUT /channels/${own.text}/voice-status`, `PUT /channels/${foreign.text}/voice-status`],
  ],
  [
    `GET /applications/${own.application}/commands?with_localizations=true`,
    [`GET /applications/${foreign.application}/commands`, `GET /applications/${own.application}/commands?x=1`],
  ],
  [
    `PUT /applications/${own.application}/commands`,
    [
      `PUT /applications/${foreign.application}/commands`,
      `POST /applications/${own.application}/commands`,
      `DELETE /applications/${own.application}/commands/${message}`,
    ],
  ],
  [
    `GET /applications/${own.application}/guilds/${own.guild}/commands`,
    [`GET /applications/${own.application}/guilds/${foreign.guild}/commands`],
  ],
  [
    `PUT /applications/${own.application}/guilds/${own.guild}/commands`,
    [
      `PUT /applications/${own.application}/guilds/${foreign.guild}/commands`,
      `PUT /applications/${foreign.application}/guilds/${own.guild}/commands`,
    ],
  ],
  ['GET /users/@me', [`GET /users/${own.application}`, 'PATCH /users/@me', 'GET /users/@me/guilds']],
  ['GET /applications/%40me', ['PATCH /applications/@me', 'GET /applications/%40you']],
  ['GET /gateway/bot', ['GET /gateway', 'POST /gateway/bot', 'GET /gateway/bot/']],
];

describe('the calls that a bot may make', () => {
  it.each(cases)('lets through %s', (call, _denied) => {
    expect(judge(call)).toBeDefined();
  });

  it.each(cases.flatMap(([call, denied]) => denied.map((near) => [near, call])))('denies %s', (near) => {
    expect(judge(near)).toBeUndefined();
  });

  it('has a case for every entry of the table', () => {
    const covered = new Set(
      cases.map(([call]) => allowedCalls.find(({ on }) => samePattern(on, call.split('?')[0] ?? ''))?.on),
    );
    expect([...covered].sort()).toEqual(allowedCalls.map(({ on }) => on).sort());
  });

  it.each([
    `DELETE /guilds/${own.guild}/members/${message}`,
    `PUT /guilds/${own.guild}/bans/${message}`,
    'POST /oauth2/token',
    'GET /users/@me/connections',
    `POST /channels/${own.text}/webhooks`,
    `PATCH /guilds/${own.guild}`,
  ])('has no entry for %s', (call) => {
    expect(judge(call)).toBeUndefined();
  });

  it('stops letting a channel be reached when its guild is left', () => {
    const other = new GuildBook();
    other.restore(book.document());
    const target = parseTarget(`channels/${own.text}/messages`);
    if (!target) throw new Error('no target');
    expect(allowed('POST', target, { ...reach, book: other })).toBeDefined();
    other.apply({ t: 'GUILD_DELETE', d: { id: own.guild } });
    expect(allowed('POST', target, { ...reach, book: other })).toBeUndefined();
  });
});

function samePattern(on: string, call: string): boolean {
  const pattern = on.replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(call.replaceAll('%40', '@'));
}

describe('parseTarget', () => {
  it.each([
    'a/./b',
    'a/../b',
    '.',
    'a//b',
    '/a',
    'a/',
    'a\\b',
    'a;b',
    'a%2fb',
    'a%00',
    'a#b',
    'a?b?c',
    'ä',
    '',
    'a b',
    'x'.repeat(3_000),
  ])('refuses %j', (raw) => {
    expect(parseTarget(raw)).toBeUndefined();
  });
  it('reads @me and @original in both spellings', () => {
    expect(parseTarget('users/%40me')?.path).toBe('/users/@me');
    expect(parseTarget('webhooks/1/t/messages/%40original?wait=true')?.segments.at(-1)).toBe('@original');
  });
});

describe('while an earlier session is being continued', () => {
  const early: Reach = { ...reach, mayStillArrive: () => true };
  const unknown = 'token-of-another-interaction';

  it.each([
    ['POST', `/interactions/500000000000000009/${unknown}/callback`, 'callback'],
    ['POST', `/webhooks/${own.application}/${unknown}`, 'follow-up'],
    ['PATCH', `/webhooks/${own.application}/${unknown}/messages/@original`, 'interaction-message'],
  ])('%s %s is not refused: the interaction may still arrive', (method, path, handling) => {
    expect(judge(`${method} ${path}`)).toBeUndefined();
    expect(judge(`${method} ${path}`, early)).toMatchObject({ handling });
  });

  it("another application's webhook is refused", () => {
    expect(judge(`POST /webhooks/${foreign.application}/${unknown}`, early)).toBeUndefined();
  });
});
