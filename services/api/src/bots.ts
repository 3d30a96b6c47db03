import { z } from 'zod';
import { BailiwickError, callerFault, hasCode } from '#infra/kernel/errors.ts';
import { snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { displayName } from '#infra/kernel/names.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { ChangeAudit, TenantStore } from '#tenants/tenant/tenant-store.ts';
import type { Access } from './access.ts';
import { credentialSchema } from './upstream.ts';

/** Runs a tenant's bot: the edge holds its token and session, the supervisor its process. */
export interface Bots {
  /**
   * Has the edge check the token and store it sealed, and activates the tenant. Replacing the token of a working bot
   * must keep its application (`sameApplication`).
   * @throws BailiwickError credential.*; credential.other-application (422)
   */
  store(
    allowed: Access,
    tenant: TenantId,
    given: { token: string; applicationId?: Snowflake | undefined; sameApplication: boolean; signal?: AbortSignal },
  ): Promise<z.infer<typeof credentialSchema>>;
  /** Makes a tenant active whose token the edge has stored. */
  activate(tenant: TenantId, credential: z.infer<typeof credentialSchema>, audit: ChangeAudit): Promise<void>;
  /** Opens the session and starts the process; repeating it changes nothing. */
  up(tenant: TenantId, signal?: AbortSignal): Promise<void>;
  /**
   * The same for a tenant that has just become active.
   * @throws BailiwickError tenant.not-started (503), on the record: the tenant is active, its bot is not running
   */
  start(allowed: Access, tenant: TenantId): Promise<void>;
  down(tenant: TenantId): Promise<void>;
}

export interface BotsPorts {
  readonly caller: Caller;
  readonly tenants: TenantStore;
  readonly journal: { add(record: ReturnType<Access['record']>): Promise<void> };
}

export function createBots({ caller, tenants, journal }: BotsPorts): Bots {
  const session = (method: 'PUT' | 'DELETE', tenant: TenantId, signal?: AbortSignal) =>
    caller.json(
      { ...addressOf('discord-edge', `${method} /v1/tenants/:tenant/session`, { tenant }), signal },
      z.unknown(),
    );
  const instance = (method: 'PUT' | 'DELETE', tenant: TenantId, signal?: AbortSignal) =>
    caller.json(
      { ...addressOf('supervisor', `${method} /v1/tenants/:tenant/instance`, { tenant }), signal },
      z.unknown(),
    );
  const bots: Bots = {
    async store(allowed, tenant, { token, applicationId, sameApplication, signal }) {
      const own = sameApplication ? ((await tenants.find(tenant))?.applicationId ?? undefined) : undefined;
      if (own !== undefined && applicationId !== undefined && applicationId !== own) throw otherApplication(own);
      const body = { token, applicationId: own ?? applicationId };
      const address = addressOf('discord-edge', 'PUT /v1/tenants/:tenant/credential', { tenant });
      const credential = await caller.json({ ...address, body, signal }, credentialSchema).catch((error: unknown) => {
        throw own !== undefined && hasCode(error, 'credential.wrong-application') ? otherApplication(own) : error;
      });
      await bots.activate(tenant, credential, () =>
        allowed.record({ kind: 'lifecycle', outcome: 'succeeded', target: `application:${credential.applicationId}` }),
      );
      return credential;
    },
    async activate(tenant, { applicationId, botUserId, botUsername }, audit) {
      const application = {
        applicationId: snowflake(applicationId),
        botUserId: snowflake(botUserId),
        botUsername: displayName(botUsername, { otherwise: botUserId }),
      };
      await tenants.activate(tenant, application, audit);
    },
    async up(tenant, signal) {
      await session('PUT', tenant, signal);
      await instance('PUT', tenant, signal);
    },
    async start(allowed, tenant) {
      try {
        await bots.up(tenant);
      } catch (error) {
        const reason = error instanceof BailiwickError ? error.code : 'failed';
        await journal.add(allowed.record({ kind: 'lifecycle', outcome: 'failed', target: 'start', reason }));
        throw notStarted(error);
      }
    },
    async down(tenant) {
      // The edge first: there the bot takes its leave of its members. An unavailable edge does not keep the process
      // running.
      const [closed] = await Promise.allSettled([session('DELETE', tenant)]);
      await instance('DELETE', tenant);
      if (closed.status === 'rejected') throw closed.reason;
    },
  };
  return bots;
}

const otherApplication = (own: Snowflake) =>
  callerFault(
    'credential.other-application',
    `This token belongs to another application; this tenant's bot is application ${own}. Press Reset Token on that application's Bot page and enter the new token. For another bot, create another tenant.`,
    422,
  );

function notStarted(cause: unknown): BailiwickError {
  const why = cause instanceof BailiwickError ? ` ${cause.message}` : '';
  return new BailiwickError({
    code: 'tenant.not-started',
    owner: 'platform',
    status: 503,
    message: `The tenant is active, but its bot could not be started.${why} Repeat the request to start it.`,
    cause,
  });
}
