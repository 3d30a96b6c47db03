import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import type { Records } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, upstreamFault } from '#infra/kernel/errors.ts';
import { newId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Sagas } from '#infra/sagas/engine.ts';
import type { Saga } from '#infra/sagas/saga.ts';
import { addressOf } from '#policies/addresses.ts';
import { recordErased } from '#security/audit/erase-from-log.ts';
import { auditRecordSchema, type AuditRecord } from '#security/audit/record.ts';
import type { Caller } from '#security/identity/caller.ts';
import { forgetPerson } from '#tenants/deletion/counting.ts';
import type { Members } from '#tenants/tenant/members.ts';
import { renewalSteps } from '../rotation/rotation.ts';
import type { RenewNames } from '../words/renew-names.ts';

const bySchema = auditRecordSchema.pick({ actor: true, requestId: true });

type ErasureInput = {
  readonly erasure: string;
  readonly tenant: TenantId;
  readonly user: Snowflake;
  /** RFC 3339. */
  readonly requestedAt: string;
  readonly by: z.infer<typeof bySchema>;
};

const erasureSaga = 'erasure';

/** How the IDs of a tenant's erasures begin. */
export const erasuresOf = (tenant: TenantId): string => `${erasureSaga}-${tenant}-`;

/** How long the person who asks waits; after that, it continues without them. */
const waitMs = 10_000;
/** The log is sealed within a second. */
const sealPollMs = 250;
const longestLogMs = 10 * 60_000;
/** A long log is searched, and every list of a tenant opened, in one request; longer than the proxy waits for it. */
const requestMs = 65_000;

/**
 * Erases a member at a tenant: from what audio keeps, from the names of people, and from the audit log. Then every key of
 * the tenant is replaced, so that a backup from before does not bring it back.
 */
export const createErasureSaga = (ports: {
  readonly caller: Caller;
  readonly records: Records;
  readonly database: Pick<Database, 'inTenant'>;
  readonly renewNames: RenewNames;
  readonly clock: Clock;
}): Saga<ErasureInput> => {
  const { caller, records, database, renewNames, clock } = ports;
  return {
    name: erasureSaga,
    // Its input names the member; whoever waits for it has learnt its outcome by then.
    keptForMs: waitMs + 5_000,
    steps: [
      {
        name: 'erase from the audit log',
        timeoutMs: longestLogMs,
        async run({ tenant, erasure: id, user, requestedAt, by }, signal) {
          const address = addressOf('worker', 'POST /v1/tenants/:tenant/erasures', { tenant });
          const request = { ...address, body: { id, user, requestedAt, by }, signal, timeoutMs: requestMs };
          const answer = z.object({ complete: z.boolean() });
          while (!(await caller.json(request, answer)).complete) await delay(sealPollMs, undefined, { signal });
        },
      },
      {
        name: 'erase from sessions and lists',
        timeoutMs: longestLogMs,
        async run({ tenant, user }, signal) {
          const address = addressOf('audio', 'POST /v1/tenants/:tenant/erasures', { tenant });
          await caller.json({ ...address, body: { user }, signal, timeoutMs: requestMs }, z.unknown());
        },
      },
      {
        name: 'forget the name',
        timeoutMs: longestLogMs,
        async run({ user }, signal) {
          await records.acrossTenants((rows) => forgetPerson(rows, `discord:${user}`));
          await renewNames(signal);
        },
      },
      ...renewalSteps(caller),
      {
        name: 'record that it is done',
        run: ({ tenant, erasure: id, by }) =>
          database.inTenant(tenant, (transaction) => recordErased(transaction, { id, tenant, by }, clock.now())),
      },
    ],
  };
};

export interface RequestedErasure {
  readonly id: string;
  /** running: not complete after ten seconds; it continues by itself. */
  readonly status: 'running' | 'done';
  /** Guilds whose current policy names the member: only people can decide what it should say instead. */
  readonly namedInPolicies: Snowflake[];
}

/** Erasures of members, which end even if a process does not. */
export interface Erasures {
  /**
   * @throws BailiwickError erasure.has-role (409) for somebody who is a member of the tenant itself, and
   *   erasure.not-done (502), after which it can be asked for again
   */
  run(tenant: TenantId, user: Snowflake, by: Pick<AuditRecord, 'actor' | 'requestId'>): Promise<RequestedErasure>;
}

export function createErasures(ports: {
  readonly sagas: Sagas;
  readonly members: Pick<Members, 'roleOf'>;
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
}): Erasures {
  const { sagas, members, database, clock } = ports;
  return {
    async run(tenant, user, asked) {
      if ((await members.roleOf(tenant, `discord:${user}`)) !== undefined)
        throw callerFault(
          'erasure.has-role',
          'This person has a role in the tenant. Remove them from its members first.',
          409,
        );
      const nowMs = clock.now();
      const id = newId('era', nowMs);
      const workflow = `${erasuresOf(tenant)}${id}`;
      const by = bySchema.parse({ actor: asked.actor, requestId: asked.requestId });
      const requestedAt = await timeOf(database, tenant);
      await sagas.begin(erasureSaga, workflow, { erasure: id, tenant, user, requestedAt, by });
      const outcome = await sagas.outcome(workflow, waitMs);
      if (outcome.status === 'failed')
        throw upstreamFault('erasure.not-done', `The member could not be erased: ${outcome.error.message} Try again.`);
      return { id, status: outcome.status, namedInPolicies: await policiesNaming(database, tenant, user) };
    },
  };
}

/** By the database's clock, which dates what is journalled: RFC 3339. */
async function timeOf(database: Pick<Database, 'inTenant'>, tenant: TenantId): Promise<string> {
  const { rows } = await database.inTenant(tenant, (transaction) =>
    transaction.query<{ now: Date }>('select clock_timestamp() as now'),
  );
  return (rows[0]?.now ?? new Date()).toISOString();
}

async function policiesNaming(
  database: Pick<Database, 'inTenant'>,
  tenant: TenantId,
  user: Snowflake,
): Promise<Snowflake[]> {
  const { rows } = await database.inTenant(tenant, (transaction) =>
    transaction.query<{ guild: Snowflake }>(
      `select guild_id as guild from
         (select distinct on (guild_id) guild_id, document from guild_policy where tenant_id = $1
            order by guild_id, version desc) as current
         where strpos(document::text, $2) > 0 order by guild_id`,
      [tenant, `"${user}"`],
    ),
  );
  return rows.map(({ guild }) => guild);
}
