import { describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { encodeRecord, type AuditRecord } from '#security/audit/record.ts';
import {
  botOf,
  exchangeFor,
  guildOne,
  guildTwo,
  installation,
  playerPath,
  serviceOf,
  tenantA,
  tenantB,
} from '../checks/exchange.fixture.ts';
import { denial } from '../exchange/denials.ts';
import { createLimits, limitsSchema } from '../limits/limits.ts';
import { createRecorder, redactDiscordPath } from './record.ts';

/** An in-memory journal that, like the real one, accepts only valid records. */
function setUp() {
  const clock = new FakeClock();
  const durable: AuditRecord[] = [];
  const later: AuditRecord[] = [];
  const keep = (kept: AuditRecord[]) => (record: AuditRecord) => {
    encodeRecord(record);
    kept.push(record);
  };
  const journal = { add: async (record: AuditRecord) => keep(durable)(record) };
  const readJournal = { addLater: keep(later) };
  const limits = createLimits(limitsSchema.parse({ recordedDenials: { perSec: 1, burst: 2 } }));
  const recorder = createRecorder({ installation, journal, readJournal, limits, clock, logger: silentLogger() });
  return { clock, durable, later, recorder };
}
const decision = { id: 'dec_1', allowed: true, reason: 'rule', rule: 'r1', version: '3', message: 'Allowed.' } as const;

describe('the record of a decision', () => {
  it('is durable before a call that changes something is made', async () => {
    const { recorder, durable, later } = setUp();
    const exchange = exchangeFor({
      caller: botOf(tenantA),
      method: 'POST',
      path: playerPath(tenantA, guildOne, '/skip'),
      found: { decision },
    });
    await recorder.record(exchange, undefined);
    expect(later).toEqual([]);
    expect(durable).toMatchObject([
      {
        tenant: tenantA,
        kind: 'decision',
        action: 'player.skip',
        outcome: 'allowed',
        actor: { type: 'bot', id: `spiffe://test/tenant/${tenantA}/bot` },
        guild: guildOne,
        decision: 'dec_1',
        rule: 'r1',
        policyVersion: '3',
        requestId: exchange.requestId,
      },
    ]);
  });

  it('of an allowed read follows within a second', () => {
    const { recorder, durable, later, clock } = setUp();
    const waited = recorder.record(
      exchangeFor({ caller: serviceOf('api'), path: playerPath(tenantA, guildOne) }),
      undefined,
    );
    expect(waited).toBeUndefined();
    clock.advance(1_000);
    expect(durable).toEqual([]);
    expect(later).toMatchObject([
      { tenant: tenantA, action: 'player.read', actor: { type: 'service' }, detail: { method: 'GET', count: 1 } },
    ]);
  });

  it('counts reads that are alike within a second exactly, and loses none at the end', () => {
    const { recorder, later, clock } = setUp();
    const read = exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantA, guildOne), found: { decision } });
    for (let index = 0; index < 1_000; index += 1) {
      if (index % 300 === 299) clock.advance(400);
      void recorder.record(read, undefined);
    }
    recorder[Symbol.dispose]();
    const counts = later.map(({ detail }) => Number(detail?.count));
    expect(counts).toEqual([899, 101]);
    expect(later.map(({ time }) => time)).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.200Z']);
  });

  it('tells reads apart by caller, transaction, member, address, guild and decision', () => {
    const { recorder, later } = setUp();
    const path = playerPath(tenantA, guildOne);
    const member = { kind: 'tenant-member', subject: 'operator:owner' } as const;
    const transaction = { txn: 'txn_1', tenant: tenantA, scope: ['player.read'], member, expiresAtMs: 1 };
    const other = { ...member, subject: 'operator:other' } as const;
    const reads = [
      { caller: botOf(tenantA), path, found: { decision } },
      { caller: botOf(tenantA), path, found: { decision: { ...decision, id: 'dec_2' } } },
      { caller: botOf(tenantA), path, found: { decision: { ...decision, version: '4' } } },
      { caller: serviceOf('api'), path, found: { decision } },
      { caller: serviceOf('api'), path, found: { decision, transaction } },
      { caller: serviceOf('api'), path, found: { decision, transaction: { ...transaction, txn: 'txn_2' } } },
      { caller: serviceOf('api'), path, found: { decision, transaction: { ...transaction, member: other } } },
      { caller: botOf(tenantA), path: playerPath(tenantA, guildTwo), found: { decision } },
      { caller: botOf(tenantA), path: playerPath(tenantA, guildOne, '/search'), found: { decision } },
      { caller: botOf(tenantA), path: `/discord-edge/v1/tenants/${tenantA}/rest/channels/1`, found: { decision } },
      { caller: botOf(tenantA), path: `/discord-edge/v1/tenants/${tenantA}/rest/channels/2`, found: { decision } },
    ];
    for (const read of [...reads, ...reads]) void recorder.record(exchangeFor(read), undefined);
    recorder[Symbol.dispose]();
    expect(later.map(({ detail }) => detail?.count)).toEqual(reads.map(() => 2));
  });

  it('is written a second after the first of its kind, not with the others', () => {
    const { recorder, later, clock } = setUp();
    const read = (guild: typeof guildOne) =>
      recorder.record(exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantA, guild) }), undefined);
    void read(guildOne);
    clock.advance(600);
    void read(guildOne);
    void read(guildTwo);
    clock.advance(400);
    expect(later).toMatchObject([{ guild: guildOne, detail: { count: 2 } }]);
    clock.advance(599);
    expect(later).toHaveLength(1);
    clock.advance(26);
    expect(later).toMatchObject([{ guild: guildOne }, { guild: guildTwo, detail: { count: 1 } }]);
  });

  it('holds a bounded number of different reads, and writes them sooner than it forgets one', () => {
    const { recorder, later } = setUp();
    for (let index = 0; index < 2_001; index += 1) {
      const path = `/discord-edge/v1/tenants/${tenantA}/rest/channels/${index}`;
      void recorder.record(exchangeFor({ caller: botOf(tenantA), path }), undefined);
    }
    expect(later).toMatchObject([{ target: expect.stringMatching(/\/channels\/0$/) }]);
    recorder[Symbol.dispose]();
    expect(later).toHaveLength(2_001);
  });

  it("of a bot that reaches for another tenant stands in its own tenant's log, never in the other's", async () => {
    const { recorder, durable } = setUp();
    const exchange = exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantB, guildOne) });
    await recorder.record(exchange, denial('tenancy.other-tenant'));
    expect(durable).toMatchObject([
      { tenant: tenantA, outcome: 'denied', reason: 'tenancy.other-tenant', detail: { namedTenant: tenantB } },
    ]);
  });

  it.each([
    ['operator:owner', 'operator'],
    ['discord:80351110224678912', 'tenant-member'],
  ])('names %s by the whole subject, as the api does', async (subject, type) => {
    const { recorder, durable } = setUp();
    const member = { kind: 'tenant-member', subject } as const;
    const transaction = { txn: 'txn_1', tenant: tenantA, scope: ['player.skip'], member, expiresAtMs: 1 };
    const path = playerPath(tenantA, guildOne, '/skip');
    await recorder.record(
      exchangeFor({ caller: serviceOf('api'), method: 'POST', path, found: { transaction } }),
      undefined,
    );
    expect(durable).toMatchObject([{ onBehalfOf: { type, id: subject } }]);
  });

  it('names the member and the command on whose behalf it was', async () => {
    const { recorder, durable } = setUp();
    const member = {
      kind: 'discord',
      user: guildTwo,
      guild: guildOne,
      channel: guildOne,
      roles: [],
      permissions: '0',
      voiceChannel: null,
      command: 'skip',
    } as const;
    const exchange = exchangeFor({
      caller: botOf(tenantA),
      method: 'POST',
      path: playerPath(tenantA, guildOne, '/skip'),
      found: {
        transaction: {
          txn: 'txn_12345678',
          tenant: tenantA,
          scope: ['player.skip'],
          member,
          interaction: { id: guildTwo, optionsDigest: 'digest-of-what-was-entered' },
          expiresAtMs: 1,
        },
      },
    });
    await recorder.record(exchange, undefined);
    expect(durable).toMatchObject([
      {
        onBehalfOf: { type: 'discord-member', id: guildTwo },
        command: 'skip',
        channel: guildOne,
        transaction: 'txn_12345678',
        optionsDigest: 'digest-of-what-was-entered',
      },
    ]);
  });

  it('is not written into the log of a tenant that does not exist', async () => {
    const { recorder, durable, later } = setUp();
    await recorder.record(
      exchangeFor({ caller: serviceOf('api'), path: playerPath(tenantB, guildOne) }),
      denial('authorize.unknown-tenant'),
    );
    expect([...durable, ...later]).toEqual([]);
  });

  it('of a storm of refused calls is one each for the first, then a number every second', async () => {
    const { recorder, durable, later, clock } = setUp();
    const refuse = () =>
      recorder.record(
        exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantB, guildOne) }),
        denial('tenancy.other-tenant'),
      );
    for (let index = 0; index < 10; index += 1) await refuse();
    expect(durable).toHaveLength(2);
    clock.advance(1_000);
    expect(later).toMatchObject([{ tenant: tenantA, detail: { furtherRefusals: 8 } }]);
  });

  it('makes the proxy stop listening to a workload that is refused without end', async () => {
    const { recorder, clock } = setUp();
    const exchange = exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantB, guildOne) });
    for (let index = 0; index < 500; index += 1) await recorder.record(exchange, denial('tenancy.other-tenant'));
    expect(recorder.refusesMore(exchange)).toBe(true);
    expect(recorder.refusesMore(exchangeFor({ caller: botOf(tenantB), path: playerPath(tenantB, guildOne) }))).toBe(
      false,
    );
    clock.advance(1_000);
    expect(recorder.refusesMore(exchange)).toBe(false);
  });

  it('of one tenant through a service silence that service for nobody else, nor take records from others', async () => {
    const { recorder, durable } = setUp();
    const ofA = exchangeFor({ caller: serviceOf('api'), path: playerPath(tenantA, guildOne) });
    const ofB = exchangeFor({ caller: serviceOf('api'), path: playerPath(tenantB, guildOne) });
    for (let index = 0; index < 500; index += 1) await recorder.record(ofA, denial('authorize.denied'));
    expect(recorder.refusesMore(ofA)).toBe(true);
    expect(recorder.refusesMore(ofB)).toBe(false);
    await recorder.record(ofB, denial('authorize.denied'));
    expect(durable.at(-1)).toMatchObject({ tenant: tenantB, reason: 'authorize.denied' });
  });
});

describe('the target of a Discord call', () => {
  it.each([
    ['interactions/1/aW50ZXJhY3Rpb24/callback', 'interactions/1/:token/callback'],
    ['webhooks/12/secret_token/messages/@original', 'webhooks/12/:token/messages/@original'],
    ['channels/1/messages/2', 'channels/1/messages/2'],
    [`x/${'a'.repeat(41)}`, 'x/:token'],
  ])('keeps no secret of %s', (tail, kept) => {
    expect(redactDiscordPath(tail)).toBe(kept);
  });
});
