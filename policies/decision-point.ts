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
  /**
   * At once, unless the tenant has to be loaded first. Never throws or rejects: what cannot be decided is denied.
   */
  decide(request: DecisionRequest): Decision | Promise<Decision>;
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

  const decideFor = (request: DecisionRequest, tenant: Known | undefined): Decision => {
    if (!tenant) return refusal('unknown-tenant', '0', 'There is no such tenant.');
    if (tenant.status !== 'active' && !mayReachInactive(request))
      return refusal('suspended', tenant.evaluator.version, 'This bot is suspended. Its owner knows why.');
    return tenant.evaluator.decide(request, clock.now());
  };
  const failed = (request: DecisionRequest, error: unknown): Decision => {
    logger.error({ err: error, action: request.action }, 'a decision failed');
    return refusal('failed', '0', 'No access decision could be made. Try again in a moment.');
  };
  const decideLoaded = (request: DecisionRequest, tenant: Known | undefined): Decision => {
    try {
      return refuseWhenStale(source) ?? decideFor(request, tenant);
    } catch (error) {
      return failed(request, error);
    }
  };

  return {
    decide(request) {
      if (request.tenant === undefined) return decideLoaded(request, platform);
      const loaded = tenants.get(request.tenant, 0)?.loaded;
      if (loaded) return decideLoaded(request, loaded);
      return (
        refuseWhenStale(source) ??
        lookUp(request.tenant).then(
          (tenant) => decideLoaded(request, tenant),
          (error: unknown) => failed(request, error),
        )
      );
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
