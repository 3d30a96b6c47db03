import tls from 'node:tls';
import { Pool } from 'undici';
import { describe, expect, it } from 'vitest';
import { worldOfThisFile } from './world/file-world.ts';
import { eventually, type Customer } from './world/world.ts';

/** A stormy tenant and a calm one on the same parts. */
const world = await worldOfThisFile({
  limits: {
    tenant: { perSec: 50, burst: 100 },
    denials: { perSec: 20, burst: 60 },
    recordedDenials: { perSec: 2, burst: 10 },
  },
});
const [stormy, calm] = await Promise.all([world.customer('Stormy'), world.customer('Calm')]);

const player = (of: Customer) => `/audio/v1/tenants/${of.id}/guilds/${of.guild}/player`;
const look = (of: Customer) => world.doors.call(of.bot, { path: player(of) });
const louder = async (of: Customer) =>
  world.doors.call(of.bot, {
    method: 'PUT',
    path: `${player(of)}/volume`,
    body: { percent: 50 },
    txnToken: await world.witnessed(of, ['player.volume'], { command: 'volume' }, { 'player.volume': { percent: 50 } }),
  });

/** Sends a request on a connection of its own, then leaves: at once, or when it is answered or cut off. */
async function askAlone(request: string, leave: 'at once' | 'when answered'): Promise<void> {
  const options = world.doors.tlsOptions(stormy.bot);
  const socket = tls.connect({ host: '127.0.0.1', port: world.parts.proxy.port, ...options });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.once('data', () => socket.destroy());
  socket.write(request, () => {
    if (leave === 'at once') socket.destroy();
  });
  await closed;
}

/** The calm tenant's experience meanwhile: each of its calls has to pass, and quickly. */
async function calmly(calls: number): Promise<number> {
  const took: number[] = [];
  for (let number = 0; number < calls; number += 1) {
    const began = performance.now();
    const answer = number % 5 === 0 ? await louder(calm) : await look(calm);
    expect(answer.status, answer.text).toBe(200);
    took.push(performance.now() - began);
  }
  return Math.max(...took);
}

describe("one tenant's storm", () => {
  it.each(['at once', 'when answered'] as const)(
    'of connections that leave %s, above its limit, shuts the other one out of no part',
    async (leave) => {
      const token = await stormy.bot.callToken('audio');
      const request = `GET ${player(stormy)} HTTP/1.1\r\nHost: proxy\r\nAuthorization: Bearer ${token}\r\n\r\n`;
      for (let round = 0; round < 2; round += 1) {
        const storm = Promise.all(Array.from({ length: 150 }, () => askAlone(request, leave)));
        await calmly(5);
        await storm;
        await calmly(5);
      }
    },
  );

  it('of calls is rejected for that tenant with a Retry-After; the other one is served meanwhile', async () => {
    const callToken = await stormy.bot.callToken('audio');
    const storm = Promise.all(
      Array.from({ length: 400 }, () => world.doors.call(stormy.bot, { path: player(stormy), callToken })),
    );
    const slowestMs = await calmly(20);
    const answers = await storm;
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.every(({ code }) => ['limit.rate', 'limit.in-flight', 'limit.denials'].includes(code ?? ''))).toBe(
      true,
    );
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
    expect(slowestMs).toBeLessThan(3_000);
    await eventually('it is served again', async () => (await look(stormy)).status === 200);
  });

  it('of changes neither fills the log nor uses the capacity of the other one', async () => {
    const before = (await world.audit(calm.id)).length;
    const storm = Promise.all(Array.from({ length: 200 }, () => louder(stormy)));
    await calmly(10);
    await storm;
    const added = (await world.audit(calm.id)).slice(before);
    expect(added.every(({ actor }) => actor.id === calm.bot.spiffeId)).toBe(true);
  });

  it('of forbidden calls is soon refused unheard, summed up in its own log, and costs the other one nothing', async () => {
    const callToken = await stormy.bot.callToken('audio');
    const storm = Promise.all(
      Array.from({ length: 300 }, () => world.doors.call(stormy.bot, { path: player(calm), callToken })),
    );
    await calmly(15);
    const answers = await storm;
    expect(answers.every(({ status }) => status === 403 || status === 429)).toBe(true);
    expect(answers.filter(({ code }) => code === 'limit.denials').length).toBeGreaterThan(30);
    expect((await world.audit(calm.id)).some(({ actor }) => actor.id === stormy.bot.spiffeId)).toBe(false);
    const own = async () => (await world.audit(stormy.id)).filter(({ outcome }) => outcome === 'denied');
    await eventually('the rest is there as a number', async () =>
      (await own()).some(({ detail }) => Number(detail?.['furtherRefusals']) > 0),
    );
    expect((await own()).length).toBeLessThan(150);
    await eventually('it is listened to again', async () => (await look(stormy)).status === 200);
  });

  it('of streams ends at its own limit', async () => {
    const open = async (of: Customer) => {
      const pool = new Pool(`https://127.0.0.1:${world.parts.proxy.port}`, { connect: world.doors.tlsOptions(of.bot) });
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: `/audio/v1/tenants/${of.id}/player-events`,
        headers: { authorization: `Bearer ${await of.bot.callToken('audio')}` },
      });
      body.on('error', () => undefined);
      return { statusCode, close: () => pool.destroy() };
    };
    const streams = await Promise.all(Array.from({ length: 10 }, () => open(stormy)));
    const other = await open(calm);
    expect(streams.filter(({ statusCode }) => statusCode === 200)).toHaveLength(4);
    expect(streams.filter(({ statusCode }) => statusCode === 429)).toHaveLength(6);
    expect(other.statusCode).toBe(200);
    await Promise.all([...streams, other].map(({ close }) => close()));
  });

  it('of a token that Discord refuses does not use up the Discord requests of the other one', async () => {
    const [application] = [world.parts.sandbox.world.applications.get(stormy.applicationId)];
    if (!application) throw new Error('the sandbox forgot the application');
    const me = (of: Customer) => world.doors.call(of.bot, { path: `/discord-edge/v1/tenants/${of.id}/rest/users/@me` });
    await eventually('its earlier storms are forgotten', async () => (await me(stormy)).status === 200);
    application.token = `${application.token.slice(0, -4)}gone`;
    for (let number = 0; number < 10; number += 1) expect((await me(stormy)).status).toBeGreaterThanOrEqual(400);
    const rejected = world.parts.sandbox.requestLog
      .since()
      .filter((entry) => entry.kind === 'rest' && entry.status === 401);
    expect([1, 2]).toContain(rejected.length);
    expect((await me(calm)).status).toBe(200);
  });
});
