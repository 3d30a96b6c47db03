import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ListenEvents } from '#infra/database/pool.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Lease } from '#infra/leases/lease.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { Egress } from './budgets/egress.ts';
import { Identifies } from './budgets/identifies.ts';
import { OtherEdges } from './budgets/other-edges.ts';
import { InvalidRequests } from './budgets/invalid-requests.ts';
import type { CredentialStore, StoredCredential } from './credential/credential-store.ts';
import { Tenants } from './tenants.ts';
import { VoiceEvents } from './voice/voice-events.ts';
import type { Witness } from './witness/witness.ts';

/*
 * The edge's tenants over a database that notifies, and answers, when a test says so. There is no Discord: an open
 * session stays at `connecting`.
 */
let clock: FakeClock;
let tenant: TenantId;
let credentials: SlowCredentials;
let notify: (tenant: TenantId) => void;
let tenants: Tenants;
let stack: AsyncDisposableStack;

const leaseOf = (of: TenantId): Lease => ({ tenant: of, part: 'discord-edge', token: 1 });

/** One tenant's credential and status, whose reads can be held back. */
class SlowCredentials {
  status: TenantStatus = 'suspended';
  sealed = 'good';
  statusReads = 0;
  readonly opened: string[] = [];
  beforeStatus: () => Promise<void> = async () => undefined;
  beforeOpen: () => Promise<void> = async () => undefined;

  readonly store: Pick<CredentialStore, 'active' | 'abandoned' | 'statusOf' | 'load' | 'open'> = {
    active: async () => (this.status === 'active' ? [tenant] : []),
    abandoned: async () => [],
    statusOf: async () => {
      this.statusReads += 1;
      await this.beforeStatus();
      return this.status;
    },
    load: async () => this.#stored(),
    open: async ({ sealed }) => {
      const text = Buffer.from(sealed).toString();
      this.opened.push(text);
      await this.beforeOpen();
      if (text === 'broken') throw platformFault('keyring.not-authentic', 'This does not open.', undefined, 500);
      return 'a-token';
    },
  };

  #stored(): StoredCredential {
    const id = snowflake('80351110224678912');
    return { tenant, applicationId: id, botUserId: id, sealed: Buffer.from(this.sealed), checkedAt: new Date(0) };
  }
}

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  clock = new FakeClock();
  tenant = newTenantId();
  credentials = new SlowCredentials();
  const logger = silentLogger();
  const others = new OtherEdges(clock, { edges: 1, tells: false });
  const egress = stack.use(
    new Egress({ clock, logger, invalidRequests: new InvalidRequests(clock, others), others, trustPem: undefined }),
  );
  tenants = new Tenants({
    clock,
    logger,
    credentials: credentials.store as CredentialStore,
    leases: { of: leaseOf, claim: async (of: TenantId) => leaseOf(of), isRunning: true },
    edges: 1,
    forgetKeys: () => undefined,
    readKeys: async () => undefined,
    database: {
      async listen(_channel: string, { connected, notified }: ListenEvents) {
        notify = notified;
        connected();
        return { [Symbol.asyncDispose]: async () => undefined };
      },
    },
    ports: {
      clock,
      logger,
      discordApiUrl: 'http://127.0.0.1:1/api',
      egress,
      identifies: new Identifies(clock, others),
      credentials: credentials.store as CredentialStore,
      sessions: { load: async () => undefined, save: async () => 0, forget: async () => undefined },
      requestChannels: { of: async () => new Map() },
      features: { isOn: async () => true },
      witness: {} as Witness,
      mayAct: () => true,
      mayConnect: () => true,
      voiceEvents: new VoiceEvents(),
      sessionFailed: () => undefined,
      credentialJudged: () => undefined,
      sessionChanged: () => undefined,
      leftBehind: () => undefined,
      interactionEnded: () => undefined,
      checkEveryMs: 60_000,
      random: () => 0.5,
    },
  });
  stack.use(tenants);
  await tenants.start();
});
afterEach(() => stack.disposeAsync());

/** Runs everything that waits for nothing external. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
}

const unheld = async () => undefined;

/** A bot tries for five seconds to take its leave at a Discord that does not respond. */
async function leaveTaken(): Promise<void> {
  await settled();
  clock.advance(5_000);
  await settled();
}

/** Holds back the next read, but not those after it. */
function hold(name: 'beforeStatus' | 'beforeOpen'): () => void {
  const gate = Promise.withResolvers<void>();
  credentials[name] = () => {
    credentials[name] = unheld;
    return gate.promise;
  };
  return gate.resolve;
}

const openFails = () => expect(tenants.openSession(tenant)).rejects.toMatchObject({ code: 'keyring.not-authentic' });

describe('a session that is asked for while the change that led to it is followed', () => {
  beforeEach(() => {
    credentials.status = 'active';
    credentials.sealed = 'broken';
  });

  it('does not open, and is not left behind: what was fixed opens the next time', async () => {
    const goOn = hold('beforeStatus');
    notify(tenant);
    const refused = openFails();
    await settled();
    goOn();
    await refused;
    await settled();
    credentials.sealed = 'good';
    expect(await tenants.openSession(tenant)).toMatchObject({ status: 'connecting' });
    expect(credentials.opened.at(-1)).toBe('good');
  });

  it('does not open when the request comes first either', async () => {
    const goOn = hold('beforeOpen');
    const refused = openFails();
    await settled();
    notify(tenant);
    await settled();
    goOn();
    await refused;
    await settled();
    expect(tenants.state(tenant)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('token cannot be'),
    });
    expect([...tenants.all()]).toEqual([]);
  });

  it('opens with the credential that is stored now, whatever a call to Discord found before', async () => {
    await tenants.edge(tenant);
    credentials.sealed = 'good';
    expect(await tenants.openSession(tenant)).toMatchObject({ status: 'connecting' });
    expect(credentials.opened).not.toContain('broken');
  });
});

it('opens by itself once the key of its token is put back', async () => {
  credentials.status = 'active';
  credentials.sealed = 'broken';
  notify(tenant);
  await settled();
  expect(tenants.state(tenant)).toMatchObject({ status: 'failed' });
  expect(await tenants.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('1 session(s)') });
  credentials.sealed = 'good';
  clock.advance(30_000);
  await settled();
  expect(tenants.state(tenant)).toMatchObject({ status: 'connecting' });
  expect(await tenants.health()).toEqual({ status: 'healthy' });
});

describe('a suspension', () => {
  it('that comes while the session opens ends it', async () => {
    credentials.status = 'active';
    const goOn = hold('beforeOpen');
    const opening = tenants.openSession(tenant).catch((error: unknown) => error);
    await settled();
    credentials.status = 'suspended';
    notify(tenant);
    goOn();
    expect(await opening).toMatchObject({ code: 'session.tenant-closed' });
    await settled();
    expect([...tenants.all()]).toEqual([]);
  });

  it('is followed once for any number of notifications that wait together', async () => {
    credentials.status = 'active';
    await tenants.openSession(tenant);
    const goOn = hold('beforeStatus');
    credentials.statusReads = 0;
    for (let time = 0; time < 1_000; time += 1) notify(tenant);
    await settled();
    credentials.status = 'suspended';
    for (let time = 0; time < 1_000; time += 1) notify(tenant);
    goOn();
    await leaveTaken();
    expect(credentials.statusReads).toBe(2);
    expect([...tenants.all()]).toEqual([]);
  });

  it('that cannot be followed now is followed later', async () => {
    credentials.status = 'active';
    await tenants.openSession(tenant);
    credentials.status = 'suspended';
    credentials.beforeStatus = () => Promise.reject(platformFault('database.unavailable', 'Away.'));
    notify(tenant);
    await settled();
    expect(tenants.state(tenant)).toMatchObject({ status: 'connecting' });
    credentials.beforeStatus = unheld;
    clock.advance(2_000);
    await leaveTaken();
    expect([...tenants.all()]).toEqual([]);
  });
});
