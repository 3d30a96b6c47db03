import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import { BailiwickError, hasCode } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { addressOf } from '#policies/addresses.ts';
import { commandNames } from '#policies/commands.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import type { TenantStore } from '#tenants/tenant/tenant-store.ts';
import { commandNamesSchema, guildListSchema } from '#tenants/instance-protocol/guilds.ts';
import { keysAwayCode } from '#security/keyring/custodian.ts';
import { instanceStateSchema } from '#tenants/instance-protocol/instance-state.ts';
import { sessionStateSchema } from '#tenants/instance-protocol/session-state.ts';
import type { Access } from '../access.ts';
import type { Bots } from '../bots.ts';
import { credentialSchema } from '../upstream.ts';
import { CheckFailed, failed, isPassing } from './check-failed.ts';
import { checkIds, checkOfFault, looksAtToken, positionOf, type CheckId } from './checks.ts';
import { begun, withCheck, type OnboardingDocument } from './document.ts';
import type { Pass } from './pass.ts';
import { beHeard, choosePlace, leaveProbe, type SoundPorts } from './sound-check.ts';

export interface StepPorts extends SoundPorts {
  readonly clock: Clock;
  readonly bots: Bots;
  readonly tenants: Pick<TenantStore, 'find' | 'withdraw'>;
  /** Revokes the identity of a tenant's bot: everything that was issued to it so far. */
  readonly revokeBot: (tenant: TenantId, reason: string) => Promise<unknown>;
}

/** A token that was pasted, and the access with which it is stored. It is kept only for this pass. */
export interface GivenToken {
  readonly token: string;
  readonly applicationId?: Snowflake | undefined;
  readonly sameApplication: boolean;
  readonly allowed: Access;
}

/** Makes one or more checks; passes them, or throws for the one that fails. */
interface Step {
  /** Of the step of its workflow; never changed. */
  readonly name: string;
  readonly checks: readonly CheckId[];
  /** How long it waits for a person. */
  readonly withinMs?: number;
  run(pass: Pass, ports: StepPorts, given: GivenToken | undefined): Promise<void>;
  /** Takes back what this onboarding brought about. */
  undo?(pass: Pass, ports: StepPorts): Promise<void>;
}

const ofToken = checkIds.filter(looksAtToken);

const instanceEveryMs = 200;
const instanceWithinMs = 45_000;
const commandsEveryMs = 500;
const commandsWithinMs = 20_000;
const memberEvery = { everyMs: 400, slowestMs: 2_000 };
/** How long a person is willing to wait; there is something to do afterwards. */
const personWithinMs = 10 * 60_000;

export const steps: readonly Step[] = [
  { name: 'check and store the token', checks: ofToken, run: checkToken, undo: removeToken },
  { name: 'start the bot', checks: ['instance'], run: untilItRuns, undo: stopBot },
  { name: 'wait for its commands', checks: ['commands'], run: untilCommandsAreThere },
  { name: 'wait for its invitation', checks: ['invite', 'member'], withinMs: personWithinMs, run: untilInvited },
  { name: 'choose a voice channel', checks: ['voice-permissions'], withinMs: personWithinMs, run: choosePlace },
  { name: 'be heard', checks: ['joined', 'plays'], run: beHeard, undo: leaveProbe },
];

async function checkToken(pass: Pass, ports: StepPorts, given: GivenToken | undefined): Promise<void> {
  try {
    const credential = await (given ? store(pass, ports, given) : checkStored(pass, ports));
    const { applicationId, botUsername, inviteUrl } = credential;
    await pass.change((document) => {
      const passed = { ...allPassed(document, ofToken), inviteUrl };
      return withCheck(passed, 'application', { state: 'passed', data: { applicationId, botUsername } });
    });
  } catch (error) {
    if (!(error instanceof BailiwickError)) throw error;
    // Whoever pasted a token waits, and has to know that it was not stored.
    if (isPassing(error) && !(given && error.code === keysAwayCode)) throw error;
    const at = checkOfFault(error.code);
    const before = ofToken.filter((id) => positionOf(id) < positionOf(at));
    await pass.change((document) => allPassed(withCheck(document, 'token', { state: 'waiting' }), before));
    throw failed(at, error);
  }
}

const byPlatform = ({ clock }: StepPorts, tenant: TenantId, reason: string): AuditRecord =>
  auditRecord(
    {
      tenant,
      action: 'tenant.update',
      kind: 'lifecycle',
      outcome: 'succeeded',
      actor: { type: 'platform', id: 'api' },
      reason,
    },
    clock.now(),
  );

const allPassed = (document: OnboardingDocument, ids: readonly CheckId[]): OnboardingDocument =>
  ids.reduce((next, id) => withCheck(next, id, { state: 'passed' }), document);

async function store(pass: Pass, { bots, tenants }: StepPorts, { allowed, ...given }: GivenToken) {
  // Stored before it is done, so that it can be taken back whatever happens in between.
  if (!(await tenants.find(pass.tenant))?.applicationId)
    await pass.change((document) => ({ ...document, brought: true }));
  return bots.store(allowed, pass.tenant, { ...given, signal: pass.signal });
}

/**
 * Whether the token stored at the edge is still valid. If this process ended after it was stored and before the tenant
 * became active, the tenant does so now.
 */
async function checkStored({ tenant, signal, document }: Pass, ports: StepPorts) {
  const { bots, caller, tenants } = ports;
  const isActive = Boolean((await tenants.find(tenant))?.applicationId);
  if (!isActive && !document.brought) throw tokenNeeded();
  const address = addressOf('discord-edge', 'POST /v1/tenants/:tenant/credential/check', { tenant });
  const credential = await caller.json({ ...address, body: {}, signal }, credentialSchema).catch((error: unknown) => {
    throw !isActive && hasCode(error, 'credential.missing') ? tokenNeeded() : error;
  });
  if (!isActive)
    await bots.activate(tenant, credential, () => byPlatform(ports, tenant, 'continued after an interruption'));
  return credential;
}

const tokenNeeded = () =>
  new CheckFailed('token', {
    code: 'onboarding.token-needed',
    detail: 'The token is not stored until it has been checked.',
    fix: 'Paste it again.',
  });

async function untilItRuns(pass: Pass, { bots, caller }: StepPorts): Promise<void> {
  await bots.up(pass.tenant, pass.signal);
  const { tenant, signal } = pass;
  const sessionAt = addressOf('discord-edge', 'GET /v1/tenants/:tenant/session', { tenant });
  const instanceAt = addressOf('supervisor', 'GET /v1/tenants/:tenant/instance', { tenant });
  let seen = 'Its process is not ready yet.';
  const isUp = await pass.until({ everyMs: instanceEveryMs, endsAtMs: pass.in(instanceWithinMs) }, async () => {
    const [session, instance] = await Promise.all([
      caller.json({ ...sessionAt, signal }, sessionStateSchema),
      caller.json({ ...instanceAt, signal }, instanceStateSchema),
    ]);
    if (session.status === 'failed') throw refusedByDiscord(session.reason);
    if (instance.state === 'failed') throw processFailed(instance.reason);
    seen = session.reason ?? instance.reason ?? seen;
    const runs = instance.state === 'ready' || instance.state === 'degraded';
    return session.status === 'connected' && runs ? true : undefined;
  });
  if (!isUp) throw processFailed(seen);
  await pass.pass('instance');
}

const refusedByDiscord = (reason = 'Discord does not let the bot connect.') =>
  new CheckFailed('instance', {
    code: 'onboarding.session-failed',
    detail: reason,
    fix: 'Resolve this, then try again.',
  });

const processFailed = (reason = 'Its process ended.') =>
  new CheckFailed('instance', {
    code: 'onboarding.instance-failed',
    detail: reason,
    fix: 'Try again in a minute. If it keeps failing, contact the operator.',
  });

async function untilCommandsAreThere(pass: Pass, { caller }: StepPorts): Promise<void> {
  const { tenant, signal } = pass;
  const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/commands', { tenant });
  let missing: readonly string[] = commandNames;
  const names = await pass.until({ everyMs: commandsEveryMs, endsAtMs: pass.in(commandsWithinMs) }, async () => {
    const known = await caller.json({ ...address, signal }, commandNamesSchema);
    missing = commandNames.filter((name) => !known.names.includes(name));
    return missing.length === 0 ? known.names : undefined;
  });
  if (names) return pass.pass('commands', { data: { commands: names } });
  throw new CheckFailed('commands', {
    code: 'onboarding.commands-missing',
    detail: `Some commands are not registered with Discord yet: ${missing.map((name) => `/${name}`).join(', ')}.`,
    fix: 'The bot keeps registering them automatically. Try again in a minute.',
  });
}

/** The invite counts as opened when the bot is in a server: nothing reports who has opened a page at Discord. */
async function untilInvited(pass: Pass, { caller }: StepPorts): Promise<void> {
  const { tenant, signal } = pass;
  const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds', { tenant });
  const look = async () => {
    const { guilds } = await caller.json({ ...address, signal }, guildListSchema);
    return guilds.length > 0 ? guilds : undefined;
  };
  let guilds = await look();
  if (!guilds) {
    const fix =
      'Open the link, choose a server that you manage, and authorize the bot. This check then continues automatically.';
    await pass.set('invite', { state: 'needs-you', fix, data: { inviteUrl: pass.document.inviteUrl } });
    await pass.set('member', { state: 'running' });
    guilds = await pass.until({ ...memberEvery, endsAtMs: pass.endsAtMs }, look);
  }
  if (!guilds) {
    throw new CheckFailed('member', {
      code: 'onboarding.not-invited',
      detail: 'The bot has not been added to any server.',
      fix: 'Open the invite, authorize the bot, and try again.',
    });
  }
  await pass.pass('invite', { data: { inviteUrl: pass.document.inviteUrl } });
  const shown = guilds.slice(0, 100).map(({ id, name, iconUrl }) => ({ id, name, iconUrl }));
  await pass.pass('member', { data: { guilds: shown, count: guilds.length } });
}

const compensated = 'its onboarding was compensated';

async function stopBot({ tenant, document }: Pass, { bots, revokeBot }: StepPorts): Promise<void> {
  if (!document.brought) return;
  await bots.down(tenant);
  await revokeBot(tenant, compensated);
}

/** The tenant is as it was before it had a token. */
async function removeToken(pass: Pass, ports: StepPorts): Promise<void> {
  const { caller, tenants } = ports;
  const { tenant, document, signal } = pass;
  if (!document.brought) return;
  const address = addressOf('discord-edge', 'DELETE /v1/tenants/:tenant/credential', { tenant });
  await caller.json({ ...address, signal }, z.unknown());
  await tenants.withdraw(tenant, () => byPlatform(ports, tenant, compensated));
  await pass.change(({ by, pass: number }) => ({ ...begun(by), pass: number, compensated: true }));
}
