import { describe, expect, it } from 'vitest';
import cases from './cases/wire.json' with { type: 'json' };
import { worldOfThisFile } from './world/file-world.ts';

/**
 * Targets, headers and framing, sent as bytes to the listeners for people and for bots, with the real api, audio, edge
 * and supervisor behind them. At the public one an owner of tenant A attacks B; at the other A's bot does.
 */
const world = await worldOfThisFile();
const [a, b] = await Promise.all([world.customer('Acme'), world.customer('Bolt')]);
const session = await world.session('discord:100', { tenant: a.id, role: 'owner' });

interface Wire {
  readonly line?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}
interface Case extends Wire {
  readonly name: string;
  readonly door: string;
  readonly status: number | readonly number[];
  readonly twin: Wire;
}

const usualLine = 'PUT /v1/tenants/{a}/guilds/{guild}/policy';
const usualBody = JSON.stringify({ rules: [], otherwise: 'deny' });

/** A whole request; whatever is not given is filled in as a client would. */
async function bytes(door: string, { line = usualLine, headers = [], body = usualBody }: Wire): Promise<string> {
  const says = (name: string) => headers.some((header) => header.toLowerCase().startsWith(`${name}:`));
  const bearer = door === 'public' ? session : await a.bot.callToken(audienceOf(line));
  const framed = says('content-length') || says('transfer-encoding');
  const usual = [
    ...(says('host') ? [] : ['Host: proxy']),
    ...(says('authorization') ? [] : [`Authorization: Bearer ${bearer}`]),
    ...(says('if-match') || !line.startsWith('PUT') ? [] : ['If-Match: *']),
    ...(says('connection') ? [] : ['Connection: close']),
    ...(body === '' || says('content-type') ? [] : ['Content-Type: application/json']),
    ...(body === '' || framed ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
  ];
  const version = / HTTP\/\d\.\d$/.test(line) ? '' : ' HTTP/1.1';
  const text = [`${line}${version}`, ...usual, ...headers, '', body].join('\r\n');
  return text
    .replaceAll('{a}', a.id)
    .replaceAll('{b}', b.id)
    .replaceAll('{B}', b.id.toUpperCase())
    .replaceAll('{guild}', a.guild)
    .replaceAll('{session}', session)
    .replaceAll('{16k}', 'x'.repeat(17_000));
}

const audienceOf = (line: string) =>
  (/ \/(audio|discord-edge|supervisor|lavalink)\//.exec(line)?.[1] ?? 'audio') as 'audio';

const send = async (door: string, wire: Wire): Promise<string> => {
  const text = await bytes(door, wire);
  return door === 'public' ? world.doors.publicRaw(text) : world.doors.raw(a.bot, text);
};

/** The status of every response on the connection: a smuggled request would have been answered too. */
const statuses = (answer: string): number[] =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));

describe.each(['public', 'bot'])('at the %s listener', (door) => {
  const here = (cases as readonly Case[]).filter((one) => one.door === door);

  it.each(here)('$name is refused once, and changes nothing', async ({ status, twin: _twin, ...wire }) => {
    const before = await world.state();
    const answer = await send(door, wire);
    const seen = statuses(answer);
    expect(seen, answer).toHaveLength(1);
    expect([status].flat(), answer.slice(0, 400)).toContain(seen[0]);
    expect(await world.state()).toBe(before);
  });

  it.each(here)('a legitimate request resembling $name is served', async ({ twin }) => {
    const answer = await send(door, twin);
    expect(statuses(answer), answer.slice(0, 400)).toEqual([200]);
  });
});

describe('what the public listener forwards', () => {
  it('includes no header reserved for the platform, and the api sees the user who signed in', async () => {
    const forged = [
      'Bailiwick-Grant: x',
      'X-Forwarded-Client-Cert: x',
      'Txn-Token: x',
      'Bailiwick-Key-Token: x',
      `X-Tenant-Id: ${b.id}`,
      'X-Request-Id: req_x',
    ];
    const answer = await send('public', { line: 'GET /v1/me', headers: forged, body: '' });
    expect(statuses(answer)).toEqual([200]);
    expect(answer).toContain('{"subject":"discord:100",');
    expect(answer).not.toMatch(/^bailiwick-/im);
  });
});
