import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { grantHeader, issueGrant } from '#security/identity/grant.ts';
import { bot } from '#security/identity/spiffe.ts';
import cases from './cases/tokens.json' with { type: 'json' };
import type { Answer } from './world/doors.ts';
import { worldOfThisFile } from './world/file-world.ts';

/**
 * Forged tokens wherever the running parts accept one: call tokens and transaction tokens at the proxy, grants at the
 * audio service (over the proxy's own connection, where nothing else would stop them).
 */
const world = await worldOfThisFile();
const a = await world.customer('Acme');

type Members = Record<string, unknown>;
interface Case {
  readonly name: string;
  readonly header?: Members;
  readonly claims?: Members;
  readonly signature: string;
  readonly fault: string;
  /** Where it differs for a token under a shared key. */
  readonly sharedFault?: string;
}

interface Place {
  readonly name: string;
  /** First part of the refusal's error code. */
  readonly refuser: string;
  readonly status: number;
  genuine(): Promise<string>;
  /** Signs with the real issuer's key; absent for call tokens, whose key never leaves its service. */
  sign?(claims: object, typ: string): Promise<string>;
  /** A call that changes a player, with this token inserted. */
  present(token: string): Promise<Answer>;
}

const volume = (): string => `/v1/tenants/${a.id}/guilds/${a.guild}/player/volume`;
const louder = { method: 'PUT', body: { percent: 90 } } as const;
const witnessed = () =>
  world.witnessed(a, ['player.volume'], { command: 'volume' }, { 'player.volume': { percent: 90 } });
const signer = async (use: 'transaction-token' | 'grant') =>
  use === 'grant'
    ? (await world.agent('gateway-proxy')).delegate(use, 'audio')
    : (await world.agent('discord-edge')).delegate(use);

const places: readonly Place[] = [
  {
    name: 'a call token',
    refuser: 'authenticate',
    status: 401,
    genuine: () => a.bot.callToken('audio'),
    present: async (callToken) =>
      world.doors.call(a.bot, { ...louder, path: `/audio${volume()}`, callToken, txnToken: await witnessed() }),
  },
  {
    name: 'a transaction token',
    refuser: 'on-behalf-of',
    status: 403,
    genuine: witnessed,
    sign: async (claims, typ) => (await signer('transaction-token')).sign(claims, typ),
    present: (txnToken) => world.doors.call(a.bot, { ...louder, path: `/audio${volume()}`, txnToken }),
  },
  {
    name: 'a grant',
    refuser: 'guard',
    status: 403,
    genuine: async () =>
      issueGrant(
        await signer('grant'),
        {
          caller: bot(a.id),
          tenant: a.id,
          guild: a.guild,
          action: 'player.volume',
          decision: 'dec_test',
          requestId: 'req_test',
          member: {
            kind: 'discord',
            user: a.member,
            guild: a.guild,
            channel: a.text,
            roles: [],
            permissions: '0',
            voiceChannel: null,
            command: 'volume',
          },
        },
        { audience: 'audio', nowMs: Date.now() },
      ),
    sign: async (claims, typ) => (await signer('grant')).sign(claims, typ),
    present: async (grant) =>
      world.doors.direct(await world.agent('gateway-proxy'), 'audio', {
        ...louder,
        path: volume(),
        callToken: null,
        headers: { [grantHeader]: grant },
      }),
  },
];

const attacker = generateKeyPairSync('ed25519');
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (segment = ''): Members => JSON.parse(Buffer.from(segment, 'base64url').toString('utf8')) as Members;

/** A null claim is removed; `@aud` stands for the genuine audience, `attacker` for the attacker's own key. */
function changed(genuine: Members, changes: Members = {}): Members {
  const result = { ...genuine };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete result[name];
    else if (value === 'attacker') result[name] = attacker.publicKey.export({ format: 'jwk' });
    else result[name] = JSON.parse(JSON.stringify(value).replaceAll('@aud', String(genuine['aud'])));
  }
  return result;
}

async function forge(place: Place, { header, claims, signature }: Case): Promise<string> {
  const [first = '', second = '', kept = ''] = (await place.genuine()).split('.');
  const head = changed(decode(first), header);
  const body = changed(decode(second), claims);
  if (signature === 'genuine') return (await place.sign?.(body, String(head['typ']))) ?? '';
  const input = `${encode(head)}.${encode(body)}`;
  switch (signature) {
    case 'kept':
      return `${input}.${kept}`;
    case 'none':
      return `${input}.`;
    case 'attacker':
      return `${input}.${sign(null, Buffer.from(input), attacker.privateKey).toString('base64url')}`;
    case 'public-key-as-secret': {
      const pem = createPublicKey(world.parts.installation.trustBundlePem).export({ format: 'pem', type: 'spki' });
      return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
    }
    default:
      throw new Error(`no such signature: ${signature}`);
  }
}

describe.each(places)('$name', (place) => {
  const forgeries = (cases as Case[]).filter(({ signature }) => signature !== 'genuine' || place.sign);

  it.each(forgeries)('with $name is refused, and changes nothing', async (one) => {
    const forged = await forge(place, one);
    const before = await world.state();
    const answer = await place.present(forged);
    expect({ status: answer.status, code: answer.code }).toEqual({
      status: place.status,
      code: `${place.refuser}.${(place.sign && one.sharedFault) ?? one.fault}`,
    });
    expect(await world.state()).toBe(before);
  });

  it('in another serialisation or spelling is refused', async () => {
    const genuine = await place.genuine();
    const [protectedHeader, payload, signature] = genuine.split('.');
    const before = await world.state();
    const others = [
      JSON.stringify({ protected: protectedHeader, payload, signature }),
      `${genuine}.AAAA`,
      `${protectedHeader}.AAAA.AAAA.${payload}.${signature}`,
      genuine.replace('.', '=.'),
      `${genuine.slice(0, -1)}${genuine.endsWith('A') ? 'B' : 'A'}`,
      genuine.toLowerCase(),
      `${genuine},${genuine}`,
    ];
    for (const other of others) {
      const { status } = await place.present(other);
      expect([400, place.status], other.slice(0, 40)).toContain(status);
    }
    expect(await world.state()).toBe(before);
  });

  it('is refused if it is of any other kind', async () => {
    const before = await world.state();
    for (const other of places.filter(({ name }) => name !== place.name)) {
      const answer = await place.present(await other.genuine());
      expect(answer).toMatchObject({ status: place.status, code: `${place.refuser}.wrong-type` });
    }
    expect(await world.state()).toBe(before);
  });

  it('that is genuine is accepted, even after all of these and a flood of unknown keys', async () => {
    await Promise.all(
      Array.from({ length: 100 }, async (_, number) => {
        const kid = `${number}`.padStart(43, 'k');
        return place.present(await forge(place, { name: '', header: { kid }, signature: 'attacker', fault: '' }));
      }),
    );
    const answer = await place.present(await place.genuine());
    expect(answer.status, answer.text).toBe(200);
    expect((answer.body as { player: { volume: number } }).player.volume).toBe(90);
  });
});
