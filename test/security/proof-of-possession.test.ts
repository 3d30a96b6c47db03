import { randomBytes } from 'node:crypto';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '#infra/logger/logger.ts';
import { enrol } from '#security/identity/agent.ts';
import { service, type ServiceName } from '#security/identity/spiffe.ts';
import { testInstallation } from '#test/installation.ts';
import type { Workload } from './world/doors.ts';
import { worldOfThisFile } from './world/file-world.ts';
import { eventually, type Customer, type World } from './world/world.ts';

const world = await worldOfThisFile();
const [a, b] = await Promise.all([world.customer('Acme'), world.customer('Bolt')]);

const player = (of: Customer = a) => `/audio/v1/tenants/${of.id}/guilds/${of.guild}/player`;

describe('a call token', () => {
  it("stolen from a bot is worthless on another bot's connection", async () => {
    const stolen = await a.bot.callToken('audio');
    for (const path of [player(a), player(b)]) {
      const answer = await world.doors.call(b.bot, { path, callToken: stolen });
      expect(answer).toMatchObject({ status: 401, code: 'authenticate.wrong-certificate' });
    }
    expect(await world.doors.call(a.bot, { path: player(a), callToken: stolen })).toMatchObject({ status: 200 });
  });

  it.each(['api', 'audio', 'discord-edge', 'supervisor', 'worker', 'gateway-proxy'] as const)(
    "stolen from a bot is worthless on %s's connection, and vice versa",
    async (name: ServiceName) => {
      const agent = await world.agent(name);
      const stolen = await world.doors.call(agent, { path: player(a), callToken: await a.bot.callToken('audio') });
      expect(stolen).toMatchObject({ status: 401, code: 'authenticate.wrong-certificate' });
      const theirs = await world.doors.call(a.bot, { path: player(a), callToken: await agent.callToken('audio') });
      expect(theirs).toMatchObject({ status: 401, code: 'authenticate.wrong-certificate' });
    },
  );

  it('is bound to one certificate: it is refused with another certificate of the same bot', async () => {
    const next = await world.parts.installation.botIdentity(a.id);
    const old = await a.bot.callToken('audio');
    expect(await world.doors.call(next, { path: player(a), callToken: old })).toMatchObject({
      status: 401,
      code: 'authenticate.wrong-certificate',
    });
    expect(await world.doors.call(next, { path: player(a) })).toMatchObject({ status: 200 });
  });

  it('for one target is refused by every other', async () => {
    const forEdge = await a.bot.callToken('discord-edge');
    expect(await world.doors.call(a.bot, { path: player(a), callToken: forEdge })).toMatchObject({
      status: 401,
      code: 'authenticate.wrong-audience',
    });
    expect(
      await world.doors.call(a.bot, { path: `/discord-edge/v1/tenants/${a.id}/rest/users/@me`, callToken: forEdge }),
    ).toMatchObject({ status: 200 });
  });

  it('is no sign-in at the public listener, where no certificate goes with it', async () => {
    const session = await a.bot.callToken('api');
    expect(await world.doors.public({ path: '/v1/me', session })).toMatchObject({
      status: 401,
      code: 'session.required',
    });
    expect(await world.doors.public({ path: '/v1/me', session: world.owner })).toMatchObject({ status: 200 });
  });

  it('for a bot is issued to its supervisor only', async () => {
    for (const name of ['api', 'audio', 'discord-edge', 'worker', 'gateway-proxy'] as const) {
      const { tokenService } = await world.agent(name);
      await expect(tokenService.vouchCallToken(a.bot.spiffeId, 'audio', a.bot.thumbprint)).rejects.toMatchObject({
        status: 403,
      });
    }
    const supervisor = (await world.agent('supervisor')).tokenService;
    await expect(supervisor.vouchCallToken(a.bot.spiffeId, 'audio', a.bot.thumbprint)).resolves.toMatchObject({
      token: expect.any(String),
    });
    const aService = `spiffe://${world.parts.installation.installation}/svc/api`;
    await expect(supervisor.vouchCallToken(aService, 'audio', a.bot.thumbprint)).rejects.toMatchObject({ status: 403 });
  });
});

describe('a certificate', () => {
  const connects = async (options: tls.ConnectionOptions): Promise<string> => {
    const socket = tls.connect({ host: '127.0.0.1', port: world.parts.proxy.port, ...options });
    return new Promise((resolve) => {
      // With TLS 1.3 the client finishes the handshake before the server has checked its certificate: only a response
      // tells.
      socket.once('secureConnect', () => socket.write(`GET ${player(a)} HTTP/1.1\r\nHost: proxy\r\n\r\n`));
      socket.once('data', (chunk: Buffer) => {
        resolve(chunk.toString('latin1').split('\r\n', 1)[0] ?? '');
        socket.destroy();
      });
      socket.once('error', () => resolve('refused'));
      socket.once('close', () => resolve('refused'));
    });
  };

  it('is required: without one no request is even answered', async () => {
    const { cert: _cert, key: _key, ...bare } = world.doors.tlsOptions(a.bot);
    expect(await connects(bare)).toBe('refused');
  });

  it('of another installation, with the same names in it, is refused', async () => {
    await using other = await testInstallation();
    const twin = await other.botIdentity(a.id);
    const { cert, key } = { cert: twin.certificatePem, key: twin.privateKeyPem };
    expect(twin.spiffeId).toBe(a.bot.spiffeId);
    expect(await connects({ ...world.doors.tlsOptions(a.bot), cert, key })).toBe('refused');
  });

  it('with the private key of another cannot even be presented', () => {
    const options = { ...world.doors.tlsOptions(a.bot), key: b.bot.privateKeyPem };
    expect(() => tls.connect({ host: '127.0.0.1', port: world.parts.proxy.port, ...options })).toThrow(
      /key values mismatch/,
    );
  });

  it('of this installation connects, and is asked for its token', async () => {
    expect(await connects(world.doors.tlsOptions(a.bot))).toBe('HTTP/1.1 401 Unauthorized');
  });

  it('that is revoked is cut off within a second, with every token bound to it; another one of the same bot is not', async () => {
    const doomed = await world.parts.installation.botIdentity(b.id);
    expect(await world.doors.call(doomed, { path: player(b) })).toMatchObject({ status: 200 });
    const token = await doomed.callToken('audio');
    const { tokenService } = await world.agent('supervisor');
    await tokenService.revoke({ kind: 'certificate', value: doomed.thumbprint, reason: 'stolen' });
    const revokedAt = Date.now();
    const isRefused = () =>
      world.doors.call(doomed, { path: player(b), callToken: token }).then(
        ({ status }) => status !== 200,
        () => true,
      );
    await eventually('it is cut off', isRefused);
    expect(Date.now() - revokedAt).toBeLessThan(1_000);
    expect(await world.doors.call(b.bot, { path: player(b) })).toMatchObject({ status: 200 });
  });
});

describe('an enrolment', () => {
  const join = (
    settings: ReturnType<World['parts']['installation']['enrolmentFor']>,
    name: ServiceName,
  ): Promise<Workload & AsyncDisposable> => enrol(settings, { workload: service(name), logger: silentLogger() });

  it('yields one identity, however many race for it', async () => {
    const settings = world.parts.installation.enrolmentFor('worker');
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => join(settings, 'worker')));
    const joined = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(joined).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ status: 403 });
    await Promise.all(joined.map((agent) => agent[Symbol.asyncDispose]()));
  });

  it('yields only the identity that it was made for, and cannot be guessed', async () => {
    const settings = world.parts.installation.enrolmentFor('worker');
    await expect(join(settings, 'gateway-proxy')).rejects.toBeInstanceOf(Error);
    const guessed = {
      ...settings,
      identity: { ...settings.identity, enrolment: randomBytes(32).toString('base64url') },
    };
    await expect(join(guessed, 'worker')).rejects.toMatchObject({ status: 403 });
  });
});
