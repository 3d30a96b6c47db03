import { commandNames } from '#policies/commands.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { addressOf } from '#policies/addresses.ts';
import type { TenantStore } from '#tenants/tenant/tenant-store.ts';
import { commandNamesSchema, guildListSchema } from '#tenants/instance-protocol/guilds.ts';
import { keysAwayCode } from '#security/keyring/custodian.ts';
import { instanceStateSchema } from '#tenants/instance-protocol/instance-state.ts';
import { sessionStateSchema } from '#tenants/instance-protocol/session-state.ts';
import type { Access } from '../access.ts';
import type { Bots } from '../bots.ts';
import { credentialSchema } from '../upstream.ts';
import { checkIds, checkOfFault, looksAtToken, positionOf, type CheckId } from './checks.ts';
import { withCheck, type OnboardingDocument } from './document.ts';
import { CheckFailed, failed, type Run } from './run.ts';
import { beHeard, choosePlace, type SoundPorts } from './sound-check.ts';

export interface StepPorts extends SoundPorts {
  readonly bots: Bots;
  readonly tenants: Pick<TenantStore, 'find'>;
}

/** A token that was pasted, and the access with which it is stored. It is kept only for this run. */
export interface GivenToken {
  readonly token: string;
  readonly applicationId?: Snowflake | undefined;
  readonly sameApplication: boolean;
  readonly allowed: Access;
}

/** Makes one or more checks; passes them, or throws for the one that fails. */
interface Step {
  readonly checks: readonly CheckId[];
  run(run: Run, ports: StepPorts, given: GivenToken | undefined): Promise<void>;
}

const ofToken = checkIds.filter(looksAtToken);

/** How long a person is willing to wait, each with something to do afterwards. */
const instanceWithin = { everyMs: 200, withinMs: 45_000 };
const commandsWithin = { everyMs: 500, withinMs: 20_000 };
const memberWithin = { everyMs: 400, withinMs: 10 * 60_000 };

export const steps: readonly Step[] = [
  {
    checks: ofToken,
    async run(run, ports, given) {
      try {
        const credential = await (given ? store(run, ports, given) : checkStored(run, ports));
        const { applicationId, botUsername, inviteUrl } = credential;
        await run.change((document) => ({ ...allPassed(document, ofToken), inviteUrl }));
        await run.pass('application', { data: { applicationId, botUsername } });
      } catch (error) {
        if (!(error instanceof BailiwickError)) throw error;
        // A stored token that cannot be decrypted has not been checked.
        const at = !given && error.code === keysAwayCode ? 'token' : checkOfFault(error.code);
        const before = ofToken.filter((id) => positionOf(id) < positionOf(at));
        await run.change((document) => allPassed(withCheck(document, 'token', { state: 'waiting' }), before));
        throw failed(at, error);
      }
    },
  },
  { checks: ['instance'], run: untilItRuns },
  { checks: ['commands'], run: untilCommandsAreThere },
  { checks: ['invite', 'member'], run: untilInvited },
  { checks: ['voice-permissions'], run: choosePlace },
  { checks: ['joined', 'plays'], run: beHeard },
];

const allPassed = (document: OnboardingDocument, ids: readonly CheckId[]): OnboardingDocument =>
  ids.reduce((next, id) => withCheck(next, id, { state: 'passed' }), document);

const store = (run: Run, { bots }: StepPorts, { allowed, ...given }: GivenToken) =>
  bots.store(allowed, run.tenant, { ...given, signal: run.signal });

/** Whether the token stored at the edge is still valid. */
async function checkStored(run: Run, { caller, tenants }: StepPorts) {
  if (!(await tenants.find(run.tenant))?.applicationId) throw tokenNeeded();
  const address = addressOf('discord-edge', 'POST /v1/tenants/:tenant/credential/check', { tenant: run.tenant });
  return caller.json({ ...address, body: {}, signal: run.signal }, credentialSchema);
}

export const tokenNeeded = () =>
  new CheckFailed('token', {
    code: 'onboarding.token-needed',
    detail: 'The token is not stored until it has been checked.',
    fix: 'Paste it again.',
  });

async function untilItRuns(run: Run, { bots, caller }: StepPorts): Promise<void> {
  await bots.up(run.tenant, run.signal);
  const { tenant, signal } = run;
  const sessionAt = addressOf('discord-edge', 'GET /v1/tenants/:tenant/session', { tenant });
  const instanceAt = addressOf('supervisor', 'GET /v1/tenants/:tenant/instance', { tenant });
  let seen = 'Its process is not ready yet.';
  const isUp = await run.until(instanceWithin, async () => {
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
  await run.pass('instance');
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

async function untilCommandsAreThere(run: Run, { caller }: StepPorts): Promise<void> {
  const { tenant, signal } = run;
  const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/commands', { tenant });
  let missing: readonly string[] = commandNames;
  const names = await run.until(commandsWithin, async () => {
    const known = await caller.json({ ...address, signal }, commandNamesSchema);
    missing = commandNames.filter((name) => !known.names.includes(name));
    return missing.length === 0 ? known.names : undefined;
  });
  if (names) return run.pass('commands', { data: { commands: names } });
  throw new CheckFailed('commands', {
    code: 'onboarding.commands-missing',
    detail: `Some commands are not registered with Discord yet: ${missing.map((name) => `/${name}`).join(', ')}.`,
    fix: 'The bot keeps registering them automatically. Try again in a minute.',
  });
}

/** The invite counts as opened when the bot is in a server: nothing reports who has opened a page at Discord. */
async function untilInvited(run: Run, { caller }: StepPorts): Promise<void> {
  const { tenant, signal } = run;
  const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds', { tenant });
  const look = async () => {
    const { guilds } = await caller.json({ ...address, signal }, guildListSchema);
    return guilds.length > 0 ? guilds : undefined;
  };
  let guilds = await look();
  if (!guilds) {
    const fix =
      'Open the link, choose a server that you manage, and authorize the bot. This check then continues automatically.';
    await run.set('invite', { state: 'needs-you', fix, data: { inviteUrl: run.document.inviteUrl } });
    await run.set('member', { state: 'running' });
    guilds = await run.until(memberWithin, look);
  }
  if (!guilds) {
    throw new CheckFailed('member', {
      code: 'onboarding.not-invited',
      detail: 'The bot has not been added to any server.',
      fix: 'Open the invite, authorize the bot, and try again.',
    });
  }
  await run.pass('invite', { data: { inviteUrl: run.document.inviteUrl } });
  const shown = guilds.slice(0, 100).map(({ id, name, iconUrl }) => ({ id, name, iconUrl }));
  await run.pass('member', { data: { guilds: shown, count: guilds.length } });
}
