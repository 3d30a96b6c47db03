import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '#infra/logger/logger.ts';
import { useCommand } from '#test/sandbox/world/acting/person.ts';
import { TestEdge } from './test-edge.ts';
import { eventually } from './test-stream.ts';

let edge: TestEdge;
let log = '';

beforeAll(async () => {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log += chunk.toString('utf8');
      done();
    },
  });
  edge = await TestEdge.create({ logger: createLogger('discord-edge', 'trace', sink) });
  await edge.start();
});
afterAll(() => edge[Symbol.asyncDispose]());

describe('the log', () => {
  it('holds no token, whatever goes wrong', async () => {
    const tenant = await edge.connected('Discreet');
    const { application } = tenant;
    await edge.rest(tenant, 'PUT', `/applications/${application.id}/commands`, [
      { name: 'queue', description: 'Queue' },
    ]);
    const bot = await edge.attach(tenant);
    const seat = { guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member };
    const record = useCommand(edge.sandbox.world, seat, { command: 'queue' });
    await bot.dispatch('INTERACTION_CREATE');
    const callback = `/interactions/${record.id}/${record.token}/callback`;
    const { faults } = edge.sandbox;
    faults.inject({ rest5xx: { route: 'POST /interactions', times: 1 } });
    await edge.rest(tenant, 'POST', callback, { type: 5 });
    edge.link.cut();
    expect((await edge.rest(tenant, 'POST', callback, { type: 5 })).status).toBe(503);
    edge.link.restore();
    await eventually(
      async () => ((await edge.session(tenant, 'GET')).body as { status: string }).status === 'connected',
    );
    const token = application.token;
    application.token = `${token.slice(0, -6)}AAAAAA`;
    await edge.rest(tenant, 'GET', '/users/@me');
    faults.inject({ close: { applicationId: application.id, code: 4004 } });
    await edge.storeCredential(tenant, token);
    expect(log).toContain('no answer from Discord');
    for (const secret of [token, record.token, token.split('.')[2] ?? '']) expect(log).not.toContain(secret);
    bot.close();
  });
});
