import type { FastifyRequest } from 'fastify';
import { callerFault, platformFault, BailiwickError } from '#infra/kernel/errors.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { newId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Action } from '#security/identity/actions.ts';
import type { DecisionPoint } from '#policies/decision-point.ts';
import type { Decision } from '#policies/request.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import type { Agent } from '#security/identity/agent.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import type { Identities } from './identities.ts';
import type { Identity } from './sessions/identity.ts';
import type { OperationAccess } from './operation-access.ts';

/** The caller, and the decision that allowed the request. */
export interface Access {
  /** `operator:<name>` or `discord:<user id>`. */
  readonly subject: string;
  readonly decision: Decision;
  /** The API key that acts for the subject. */
  readonly apiKey?: string;
  /**
   * Whether the scopes of the API key, if one is used, cover the action; what its creator may do is decided separately.
   */
  readonly covers: (action: Action) => boolean;
  /** A record of what was done under this decision. */
  record(event: Pick<AuditRecord, 'kind' | 'outcome'> & Partial<AuditRecord>): AuditRecord;
}

type About = { readonly tenant: TenantId; readonly guild?: Snowflake };
type Event = Pick<AuditRecord, 'kind' | 'outcome'> & Partial<AuditRecord>;
type PersonEvent = Omit<AuditRecord, 'id' | 'time' | 'actor' | 'requestId'>;

/** deleted: the tenant is gone, for everybody; undecided: this cannot be determined right now. */
export type Standing = 'allowed' | 'refused' | 'deleted' | 'undecided';

export interface AccessControl {
  /** See Identities.of. */
  identityOf(request: FastifyRequest): Promise<Identity>;
  /**
   * For what people do for themselves, which API keys cannot do for them.
   * @throws BailiwickError apikey.not-for-this (403), and as Identities.of
   */
  subjectOf(request: FastifyRequest): Promise<string>;
  /** The same, and records of what they did. */
  person(request: FastifyRequest): Promise<Pick<Access, 'subject'> & { record(event: PersonEvent): AuditRecord }>;
  /**
   * Decides whether the caller may use its operation, as the operation declares it (operation-access.ts).
   * @throws as subjectOf and require
   */
  authorize(request: FastifyRequest, declared: OperationAccess): Promise<void>;
  /** The result of `authorize`, for an operation that declares an action. */
  of(request: FastifyRequest): Access;
  /** Must be called after an operation that does not name a tenant has changed what its decisions depend on. */
  changed(tenant: TenantId): void;
  /**
   * Decides with the same rules as everywhere, and durably records a denial before it is answered.
   * @throws BailiwickError tenant.unknown (404) if the caller may not even know of the tenant, api.denied (403)
   */
  require(request: FastifyRequest, action: Action, about?: { tenant: TenantId; guild?: Snowflake }): Promise<Access>;
  /**
   * Whether the caller may still do this, for what continues after the request: the session is looked up again and
   * nothing is recorded.
   */
  standing(request: FastifyRequest, action: Action, about: { tenant: TenantId }): Promise<Standing>;
}

/** Decides before a body is read, a parameter is validated, or a stored answer is returned again. */
export function authorizeFirst(app: HttpApp, access: Pick<AccessControl, 'authorize'>): void {
  app.addHook('onRequest', async (request) => {
    const declared = request.routeOptions.config.access;
    if (declared) await access.authorize(request, declared);
  });
}

/** A caller that changed something sees the change in its next request, without waiting for a notification. */
export function knowOwnChanges(app: HttpApp, decisionPoint: Pick<DecisionPoint, 'changed'>): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const { tenant } = (request.params ?? {}) as { tenant?: TenantId };
    if (!['GET', 'HEAD'].includes(request.method) && tenant !== undefined && reply.statusCode < 400)
      decisionPoint.changed(tenant);
    return payload;
  });
}

export function createAccessControl(ports: {
  readonly agent: Agent;
  readonly identities: Identities;
  readonly decisionPoint: DecisionPoint;
  readonly denials: BatchJournal;
}): AccessControl {
  const { identities, decisionPoint, denials } = ports;
  const { decideFor, decide } = createDecider(ports);
  const subjectOf = async (request: FastifyRequest): Promise<string> => {
    const { subject, key } = await identities.of(request);
    if (key === undefined) return subject;
    throw callerFault('apikey.not-for-this', 'Only a signed-in person can do this, not an API key.', 403);
  };
  const authorized = new WeakMap<FastifyRequest, Access>();
  const require = async (
    request: FastifyRequest,
    action: Action,
    about?: About,
    declared?: OperationAccess,
  ): Promise<Access> => {
    const identity = await identities.of(request);
    const { key } = identity;
    const unreachable = outOfReach(identity, action, about, declared);
    const { subject, decision } = unreachable
      ? { subject: identity.subject, decision: unreachable }
      : await decide(identity, action, about);
    const under = { subject, decision, action, about, key, requestId: request.id };
    if (!decision.allowed) {
      if (decision.reason === 'unknown-tenant') throw unknownTenant();
      const { reason } = decision;
      await denials.add(
        recordOf(under, { kind: 'decision', outcome: 'denied', reason }, about?.tenant ?? installationLog),
      );
      throw await refusalFor(decision, about && decideFor(subject, 'tenant.read', about));
    }
    return {
      subject,
      decision,
      ...(key ? { apiKey: key.id } : {}),
      covers: (other) => key === undefined || key.actions.has(other),
      record: (event) => recordOf(under, event, event.tenant ?? (about?.tenant as TenantId)),
    };
  };

  return {
    identityOf: (request) => identities.of(request),
    subjectOf,
    changed: (tenant) => decisionPoint.changed(tenant),
    async person(request) {
      const subject = await subjectOf(request);
      const actor = actorOf(subject);
      return { subject, record: (event) => auditRecord({ ...event, actor, requestId: request.id }, Date.now()) };
    },
    async standing(request, action, about) {
      try {
        const identity = await identities.anew(request);
        if (outOfReach(identity, action, about)) return 'refused';
        const { allowed, reason } = (await decide(identity, action, about)).decision;
        if (allowed) return 'allowed';
        if (reason === 'unknown-tenant') return 'deleted';
        return reason === 'stale' || reason === 'failed' ? 'undecided' : 'refused';
      } catch (error) {
        return error instanceof BailiwickError && error.owner === 'caller' ? 'refused' : 'undecided';
      }
    },
    async authorize(request, declared) {
      if (declared.to === 'anybody') return;
      if (declared.action === undefined) return void (await subjectOf(request));
      const { tenant, guild } = request.params as { tenant?: TenantId; guild?: Snowflake };
      const about = tenant === undefined ? undefined : { tenant, ...(guild === undefined ? {} : { guild }) };
      authorized.set(request, await require(request, declared.action, about, declared));
    },
    of(request) {
      const access = authorized.get(request);
      if (access) return access;
      throw platformFault('access.undecided', 'No access decision was made for this request.', undefined, 500);
    },
    require,
  };
}

/** Whose rights decide: the member's or, where those are not enough, the operator's. */
function createDecider({ agent, decisionPoint }: { readonly agent: Agent; readonly decisionPoint: DecisionPoint }) {
  const decideFor = async (subject: string, action: Action, about?: About) => {
    const member = { kind: 'tenant-member', subject } as const;
    const asOperator = () => decisionPoint.decide({ workload: agent.workload, action: 'operator.read', member });
    // Only operators can access the installation's log, whatever the action.
    if (about?.tenant === installationLog) return asOperator();
    const decision = await decisionPoint.decide({ workload: agent.workload, action, member, ...about });
    // A log outlives its tenant, and then only operators can access it.
    const isLeftBehind = action === 'audit.read' && decision.reason === 'unknown-tenant';
    return isLeftBehind && subject.startsWith('operator:') ? asOperator() : decision;
  };
  /** Operators act as themselves wherever that is enough; their records show when it was not. */
  const decide = async ({ subject, operator }: Identity, action: Action, about?: About) => {
    const decision = await decideFor(subject, action, about);
    if (decision.allowed || operator === undefined || operator === subject) return { subject, decision };
    return { subject: operator, decision: await decideFor(operator, action, about) };
  };
  return { decideFor, decide };
}

interface Under {
  readonly subject: string;
  readonly decision: Decision;
  readonly action: Action;
  readonly about: About | undefined;
  readonly key: Identity['key'];
  readonly requestId: string;
}

/** A record of what was done, or refused, under a decision. */
const recordOf = (
  { subject, decision, action, about, key, requestId }: Under,
  { detail, ...event }: Event,
  tenant: TenantId,
): AuditRecord =>
  auditRecord(
    {
      tenant,
      action,
      actor: actorOf(subject),
      decision: decision.id,
      policyVersion: decision.version,
      requestId,
      ...(decision.rule === undefined ? {} : { rule: decision.rule }),
      ...(about?.guild === undefined ? {} : { guild: about.guild }),
      ...event,
      ...(detail || key ? { detail: { ...detail, ...(key ? { apiKey: key.id } : {}) } } : {}),
    },
    Date.now(),
  );

const actorOf = (subject: string): AuditRecord['actor'] => ({
  type: subject.startsWith('operator:') ? 'operator' : 'tenant-member',
  id: subject,
});

/**
 * An API key can only access its own tenant, the only one that it may know of, and what is of no tenant and made for keys; within its
 * scopes.
 */
function outOfReach(
  { key }: Identity,
  action: Action,
  about?: { tenant: TenantId },
  declared?: OperationAccess,
): Decision | undefined {
  if (key === undefined) return undefined;
  const refusal = (reason: Decision['reason'], message: string): Decision => ({
    id: newId('dec'),
    allowed: false,
    reason,
    rule: 'platform:api-key-scope',
    version: '0',
    message,
  });
  const isOfNoTenant = about === undefined && declared?.to === 'person-or-key';
  if (!isOfNoTenant && about?.tenant !== key.tenant) return refusal('unknown-tenant', 'There is no such tenant.');
  if (declared?.to === 'person') return refusal('rule', 'Only a signed-in person can do this, not an API key.');
  const needed = declared?.to === 'person-or-key' ? declared.keyAction : action;
  return key.actions.has(needed) ? undefined : refusal('rule', 'This API key does not have the required scope.');
}

const unknownTenant = () => callerFault('tenant.unknown', 'There is no such tenant.', 404);

/** 404 for a tenant that the caller may not see, so that nobody learns which tenants exist. */
async function refusalFor(decision: Decision, mayKnow: Promise<Decision> | undefined): Promise<BailiwickError> {
  if (decision.reason === 'stale' || decision.reason === 'failed') {
    return new BailiwickError({ code: 'api.undecided', owner: 'platform', status: 503, message: decision.message });
  }
  if (mayKnow && !(await mayKnow).allowed) return unknownTenant();
  return callerFault('api.denied', `${decision.message} (decision ${decision.id})`, 403);
}
