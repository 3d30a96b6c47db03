import { describe, expect, it } from 'vitest';
import cases from './cases/wire.json' with { type: 'json' };
import { worldOfThisFile } from './world/file-world.ts';

/**
 * Targets, headers and framing, as bytes at the two listeners for people and bots, with the real api, audio, edge and
 * supervisor behind them. At the public listener, the owner of tenant A attacks B; at the other one, A's bot does.
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

/** A whole request; omitted parts are as a client would send them. */
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

/** Of every response on the connection: a request hidden in another one would have been answered too. */
const statuses = (answer: string): number[] =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));

describe.each(['public', 'bot'])('at the %s door', (door) => {
  const here = (cases as readonly Case[]).filter((one) => one.door === door);

  it.each(here)('$name is refused, once, and nothing is changed', async ({ status, twin: _twin, ...wire }) => {
    const before = await world.state();
    const answer = await send(door, wire);
    const seen = statuses(answer);
    expect(seen, answer).toHaveLength(1);
    expect([status].flat(), answer.slice(0, 400)).toContain(seen[0]);
    expect(await world.state()).toBe(before);
  });

  it.each(here)('what only resembles $name is served', async ({ twin }) => {
    const answer = await send(door, twin);
    expect(statuses(answer), answer.slice(0, 400)).toEqual([200]);
  });
});

describe('what the public door hands on', () => {
  it('is nothing that claims to be of the platform, and what the api then sees is who signed in', async () => {
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
