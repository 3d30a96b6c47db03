import type { Enforcer } from 'casbin';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Database } from '#infra/database/pool.ts';
import type { HealthCause } from '#infra/observability/health.ts';
import {
  anyGuildObject,
  buildEnforcer,
  commandAct,
  guildObject,
  tenantObject,
  type TenantPolicies,
} from './compile.ts';
import { createPolicySource, type LoadedTenant, type PolicySource } from './policy-source.ts';
import { memberSubject, workloadSubject, type Decision, type DecisionRequest, type Question } from './request.ts';
import { defaultGuildPolicy } from './guild-policy.ts';

const maxTenants = 2_000;
const maxRemembered = 5_000;
const maxEnforcers = 256;

/** The one place in a process where it is decided whether something may be done (Casbin, RBAC with domains). */
export interface DecisionPoint extends AsyncDisposable {
  /** Never throws: what cannot be decided is denied. */
  decide(request: DecisionRequest): Promise<Decision>;
  /** What `decide` would answer, when that was worked out before and still holds; else nothing, and `decide` must be asked. */
  recall(request: DecisionRequest): Decision | undefined;
  health(): Omit<HealthCause, 'name'>;
}

/** One tenant's policies as they stand at one version; never changed, only replaced. */
interface Compiled {
  readonly version: string;
  readonly status: LoadedTenant['status'];
  /** By object and act, each built when it is first asked. */
  readonly enforcers: BoundedMap<string, Promise<Enforcer>>;
  readonly policies: TenantPolicies;
  readonly remembered: BoundedMap<string, Decision>;
  /** Whole answers by everything that was asked, so that what is asked again is not taken apart again. */
  readonly answers: BoundedMap<string, Decision>;
}

/** Being compiled, or compiled. */
interface Compiling {
  readonly building: Promise<Compiled | undefined>;
  built?: Compiled | undefined;
}

const platformDomain = 'platform';

export async function createDecisionPoint(options: {
  readonly database: Database;
  readonly logger: Logger;
  readonly clock: Clock;
}): Promise<DecisionPoint> {
  const { logger, clock } = options;
  const compiled = new BoundedMap<string, Compiling>(maxTenants);
  const forget = (tenant: string | undefined) => (tenant === undefined ? compiled.clear() : compiled.delete(tenant));
  const source = await createPolicySource({ ...options, changed: forget });
  const platform = compilePlatform();

  const lookUp = (tenant: TenantId): Promise<Compiled | undefined> => {
    const known = compiled.get(tenant, clock.now());
    if (known) return known.building;
    const building = source.load(tenant).then((loaded) => loaded && compileTenant(loaded));
    const entry: Compiling = { building };
    compiled.set(tenant, entry);
    building.then(
      (built) => (entry.built = built),
      () => compiled.delete(tenant),
    );
    return building;
  };

  return {
    async decide(request) {
      try {
        const stale = refuseWhenStale(source);
        if (stale) return stale;
        if (request.tenant === undefined) return await answer(platform, request);
        const tenant = await lookUp(request.tenant);
        if (!tenant) return refusal('unknown-tenant', '0', 'There is no such tenant.');
        if (tenant.status !== 'active' && !mayReachInactive(request)) {
          return refusal('suspended', tenant.version, 'This bot is suspended. Its owner knows why.');
        }
        return await answer(tenant, request);
      } catch (error) {
        logger.error({ err: error, action: request.action }, 'a decision failed');
        return refusal('failed', '0', 'This could not be decided right now. Try again in a moment.');
      }
    },
    recall(request) {
      if (!source.fresh()) return undefined;
      const tenant = request.tenant === undefined ? platform : compiled.get(request.tenant, clock.now())?.built;
      if (!tenant || (tenant.status !== 'active' && !mayReachInactive(request))) return undefined;
      return tenant.answers.get(keyOf(request), 0);
    },
    health: () =>
      source.fresh()
        ? { status: 'healthy' }
        : { status: 'unhealthy', detail: 'cannot know whether policies have changed: the database is away' },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

function refuseWhenStale(source: PolicySource): Decision | undefined {
  if (source.fresh()) return undefined;
  return refusal('stale', '0', 'Nothing can be decided right now. Try again in a moment.');
}

/** The api sets up, resumes and deletes tenants that are not active; nobody else reaches them. */
const mayReachInactive = ({ workload }: DecisionRequest): boolean =>
  workload.kind === 'service' && workload.name === 'api';

function compilePlatform(): Compiled {
  const policies = { domain: platformDomain, members: [], guilds: new Map(), fallback: defaultGuildPolicy };
  return compiledOf('platform', 'active', policies);
}

function compileTenant(loaded: LoadedTenant): Compiled {
  return compiledOf(loaded.version, loaded.status, loaded.policies);
}

function compiledOf(version: string, status: LoadedTenant['status'], policies: TenantPolicies): Compiled {
  const remembered = new BoundedMap<string, Decision>(maxRemembered);
  const answers = new BoundedMap<string, Decision>(maxRemembered);
  return { version, status, policies, enforcers: new BoundedMap(maxEnforcers), remembered, answers };
}

/** Two questions: may this workload do it here, and, where it acts for somebody, may they? */
async function answer(compiled: Compiled, request: DecisionRequest): Promise<Decision> {
  const questions = questionsOf(request);
  if (!questions) return refusal('other-guild', compiled.version, 'This was asked for in another server.');
  let decision: Decision | undefined;
  for (const question of questions) {
    decision = await ask(compiled, request, question);
    if (!decision.allowed) return decision;
  }
  if (!decision) return refusal('failed', compiled.version, 'This could not be decided.');
  if (decision.allowed) compiled.answers.set(keyOf(request), decision);
  return decision;
}

/**
 * Everything that an answer depends on, and nothing else. Ids hold digits only, actions and workloads are closed lists;
 * the one text that may be anything stands last.
 */
function keyOf({ workload, action, guild, member }: DecisionRequest): string {
  const asked = `${workload.kind === 'service' ? workload.name : workload.kind} ${action} ${guild}`;
  if (!member) return asked;
  if (member.kind === 'tenant-member') return `${asked} member ${member.guild} ${member.subject}`;
  const { user, roles, permissions, channel, command } = member;
  const place = `${member.guild} ${channel} ${user} ${permissions}`;
  return `${asked} discord ${place} ${roles.length === 0 ? '' : roles.join()} ${command}`;
}

function questionsOf(request: DecisionRequest): Question[] | undefined {
  const { action, workload, member, guild } = request;
  const questions: Question[] = [{ subject: workloadSubject(workload), object: 'tenant', act: action, channel: '*' }];
  if (!member) return questions;
  if (member.guild !== undefined && guild !== undefined && member.guild !== guild) return undefined;
  const subject = memberSubject(member);
  questions.push(
    member.kind === 'discord'
      ? { subject, object: 'guild', act: commandAct(member.command), channel: member.channel }
      : { subject, object: 'tenant', act: action, channel: '*' },
  );
  return questions;
}

async function ask(compiled: Compiled, request: DecisionRequest, question: Question): Promise<Decision> {
  const { subject, act, channel } = question;
  const object = question.object === 'tenant' ? tenantObject : objectOf(compiled, request);
  const key = JSON.stringify([subject.id, [...subject.kinds].sort(), object, act, channel]);
  const known = compiled.remembered.get(key, 0);
  if (known) return known;
  const domain = compiled.policies.domain;
  const enforcer = await enforcerFor(compiled, object, act);
  const [allowed, line] = enforcer.enforceExSync(subject, domain, object, act, channel);
  const decision = decisionOf(compiled, allowed, line, question);
  compiled.remembered.set(key, decision);
  return decision;
}

function enforcerFor({ enforcers, policies }: Compiled, object: string, act: string): Promise<Enforcer> {
  const key = `${object} ${act}`;
  const known = enforcers.get(key, 0);
  if (known) return known;
  const building = buildEnforcer(policies, object, act);
  enforcers.set(key, building);
  building.catch(() => enforcers.delete(key));
  return building;
}

function objectOf(compiled: Compiled, { member, guild }: DecisionRequest): string {
  const asked = guild ?? member?.guild;
  return asked !== undefined && compiled.policies.guilds.has(asked) ? guildObject(asked) : anyGuildObject;
}

function decisionOf(compiled: Compiled, allowed: boolean, line: readonly string[], question: Question): Decision {
  const rule = line[6];
  const reason = rule === undefined ? 'no-rule' : 'rule';
  const message = allowed ? 'Allowed.' : denialOf(question);
  return {
    id: newId('dec'),
    allowed,
    reason,
    version: compiled.version,
    message,
    ...(rule === undefined ? {} : { rule }),
  };
}

function denialOf({ object, act }: Question): string {
  if (object === 'tenant') return 'This is not allowed for you here.';
  return `The rules of this server do not let you use /${act.replace('command:', '')} here. An admin can change them.`;
}

const refusal = (reason: Decision['reason'], version: string, message: string): Decision => ({
  id: newId('dec'),
  allowed: false,
  reason,
  version,
  message,
});
