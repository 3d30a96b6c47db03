import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { FailureReader } from './failure.ts';
import { guildOne, startTestProxy, userOne, type TestProxy } from '../proxy.fixture.ts';

const onUpstream = '/v1/tenants/:tenant/guilds/:guild/player';
const sentence = 'Join a voice channel first, then try again.';
let harness: TestProxy;
let tenant: TenantId;

beforeAll(async () => {
  harness = await startTestProxy({
    services: {
      audio: (app) => {
        app.get(onUpstream, { config: { action: 'player.read' } }, async () => {
          throw callerFault('player.nothing-plays', 'Nothing plays.', 409);
        });
        app.post(`${onUpstream}/skip`, { config: { action: 'player.skip' } }, async () => ({ done: true }));
        app.post(`${onUpstream}/stop`, { config: { action: 'player.stop' } }, async () => {
          throw callerFault('player.member-not-in-voice', sentence, 409);
        });
        app.post(`${onUpstream}/pause`, { config: { action: 'player.pause' } }, async (_request, reply) =>
          reply.hijack().raw.destroy(),
        );
      },
    },
  });
  tenant = await harness.newTenant();
});
afterAll(() => harness[Symbol.asyncDispose]());

async function call(rest: string, method: 'GET' | 'POST' = 'POST'): Promise<string> {
  const bot = await harness.installation.botIdentity(tenant);
  const txnToken = await harness.discordToken(tenant, [`player.${rest.slice(1) || 'read'}`], { command: 'stop' });
  const path = `/audio/v1/tenants/${tenant}/guilds/${guildOne}/player${rest}`;
  const answer = await harness.call(bot, { method, path, txnToken });
  return answer.body.text();
}
const failures = async (): Promise<AuditRecord[]> =>
  (await harness.audit(tenant)).filter(({ outcome }) => outcome === 'failed');

describe('a call that was allowed for a member and not done', () => {
  it('is recorded with the reason that the member was told, beside the decision', async () => {
    expect(await call('/stop')).toContain(sentence);
    const [failed] = await vi.waitFor(
      async () => {
        const found = await failures();
        expect(found).toHaveLength(1);
        return found;
      },
      { timeout: 15_000 },
    );
    expect(failed).toMatchObject({
      action: 'player.stop',
      command: 'stop',
      onBehalfOf: { type: 'discord-member', id: userOne },
      reason: 'player.member-not-in-voice',
      detail: { message: sentence },
    });
    const allowed = (await harness.audit(tenant)).find(({ outcome }) => outcome === 'allowed');
    expect(failed?.decision).toBe(allowed?.decision);
    expect(failed?.requestId).toBe(allowed?.requestId);
  });

  it('is recorded when nothing answered at all', async () => {
    await call('/pause');
    await vi.waitFor(
      async () =>
        expect((await failures()).at(-1)).toMatchObject({ action: 'player.pause', reason: 'forward.unreachable' }),
      { timeout: 15_000 },
    );
  });

  it('is not made of what was done, nor of a look that found nothing', async () => {
    const before = await failures();
    await call('/skip');
    await call('', 'GET');
    await call('/stop');
    // The last one's record is written, so an earlier one's would have been too.
    await vi.waitFor(async () => expect((await failures()).length).toBe(before.length + 1), { timeout: 15_000 });
  });
});

describe('what an upstream said', () => {
  it.each([
    ['{"code":"player.queue-full","title":"Full."}', { code: 'player.queue-full', title: 'Full.' }],
    ['{"code":"Not A Code","title":7}', { code: 'http.409', title: '' }],
    ['[]', { code: 'http.409', title: '' }],
    ['<html>', { code: 'http.409', title: '' }],
    [`{"title":"${'x'.repeat(9_000)}"}`, { code: 'http.409', title: '' }],
    ['{"title":"Gr\u00f6\u00dfe\\u202e\\nzwei"}', { code: 'http.409', title: 'Größe zwei' }],
  ])('is read from %j', (said, failure) => {
    const reader = new FailureReader(409);
    for (const byte of Buffer.from(said)) reader.take(Buffer.from([byte]));
    expect(reader.read()).toEqual(failure);
  });
});
