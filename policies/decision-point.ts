import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Database } from '#infra/database/pool.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import type { HealthCause } from '#infra/observability/health.ts';
import { versioned } from './compile.ts';
import { policyEnforcer, type PolicyEnforcer } from './enforcer.ts';
import { defaultGuildPolicy } from './guild-policy.ts';
import { PolicyEvaluator, refusal } from './policy-evaluator.ts';
import { createPolicySource, type LoadedTenant, type PolicySource } from './policy-source.ts';
import type { Decision, DecisionRequest } from './request.ts';

/** A tenant takes a few kilobytes, however many rules it has. */
const maxTenants = 20_000;

/** The one place in a process that decides whether something is allowed (Casbin, RBAC with domains). */
export interface DecisionPoint extends AsyncDisposable {
  /** Never throws: what cannot be decided is denied. */
  decide(request: DecisionRequest): Promise<Decision>;
  /**
   * The result of `decide`, if it was computed before and is still valid; otherwise undefined, and `decide` must be
   * called.
   */
  recall(request: DecisionRequest): Decision | undefined;
  /**
   * To be called after changing what this tenant's decisions depend on: this process knows at once, others when
   * notified.
   */
  changed(tenant: TenantId): void;
  health(): Omit<HealthCause, 'name'>;
}

/** A tenant at one version. */
interface Known {
  readonly status: TenantStatus;
  readonly evaluator: PolicyEvaluator;
}

/** Loading, or loaded. */
interface Loading {
  readonly loading: Promise<Known | undefined>;
  loaded?: Known | undefined;
}

export async function createDecisionPoint(options: {
  readonly database: Database;
  readonly logger: Logger;
  readonly clock: Clock;
}): Promise<DecisionPoint> {
  const { logger, clock } = options;
  const enforcer = await policyEnforcer();
  const tenants = new BoundedMap<string, Loading>(maxTenants);
  const forget = (tenant: string | undefined) => (tenant === undefined ? tenants.clear() : tenants.delete(tenant));
  const source = await createPolicySource({ ...options, changed: forget });
  const platform: Known = { status: 'active', evaluator: new PolicyEvaluator('platform', platformPolicies, enforcer) };

  const lookUp = (tenant: TenantId): Promise<Known | undefined> => {
    const known = tenants.get(tenant, 0);
    if (known) return known.loading;
    const loading = source.load(tenant).then((loaded) => loaded && knownOf(loaded, enforcer));
    const entry: Loading = { loading };
    tenants.set(tenant, entry);
    loading.then(
      (loaded) => (entry.loaded = loaded),
      () => tenants.delete(tenant),
    );
    return loading;
  };

  return {
    async decide(request) {
      try {
        const stale = refuseWhenStale(source);
        if (stale) return stale;
        if (request.tenant === undefined) return platform.evaluator.decide(request, clock.now());
        const tenant = await lookUp(request.tenant);
        if (!tenant) return refusal('unknown-tenant', '0', 'There is no such tenant.');
        if (tenant.status !== 'active' && !mayReachInactive(request)) {
          return refusal('suspended', tenant.evaluator.version, 'This bot is suspended. Its owner knows why.');
        }
        return tenant.evaluator.decide(request, clock.now());
      } catch (error) {
        logger.error({ err: error, action: request.action }, 'a decision failed');
        return refusal('failed', '0', 'No access decision could be made. Try again in a moment.');
      }
    },
    recall(request) {
      if (!source.fresh()) return undefined;
      const tenant = request.tenant === undefined ? platform : tenants.get(request.tenant, 0)?.loaded;
      if (!tenant || (tenant.status !== 'active' && !mayReachInactive(request))) return undefined;
      return tenant.evaluator.recall(request, clock.now());
    },
    changed: forget,
    health: () =>
      source.fresh()
        ? { status: 'healthy' }
        : { status: 'unhealthy', detail: 'cannot check whether policies have changed: the database is unavailable' },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

function refuseWhenStale(source: PolicySource): Decision | undefined {
  if (source.fresh()) return undefined;
  return refusal('stale', '0', 'No access decision can be made right now. Try again in a moment.');
}

/** The api sets up, resumes and deletes tenants that are not active; no other workload can act on them. */
const mayReachInactive = ({ workload }: DecisionRequest): boolean =>
  workload.kind === 'service' && workload.name === 'api';

const platformPolicies = {
  domain: 'platform',
  members: [],
  guilds: new Map(),
  fallback: versioned(0, defaultGuildPolicy),
};

const knownOf = ({ version, status, policies }: LoadedTenant, enforcer: PolicyEnforcer): Known => ({
  status,
  evaluator: new PolicyEvaluator(version, policies, enforcer),
});
