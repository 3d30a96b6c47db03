import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Change, CredentialStore, TenantStatus } from './credential/credential-store.ts';
import type { GuildBook } from './state/guild-book.ts';
import { TenantEdge, type EdgePorts, type SessionState } from './tenant-edge.ts';
import type { CheckedApplication } from '#tenants/application-check/check-application.ts';

export interface TenantsOptions {
  readonly ports: EdgePorts;
  readonly database: Pick<Database, 'listen'>;
  readonly credentials: CredentialStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

const openAtOnce = 8;

/** A tenant in one of these has no session. */
const closedIn: readonly (TenantStatus | undefined)[] = ['suspended', 'deleting', undefined];

/**
 * The tenants that this edge works for. At the start it opens the session of every active tenant that has a credential;
 * afterwards it follows what becomes of tenants, so that a suspended or deleted one is cut off within moments.
 */
export class Tenants implements AsyncDisposable {
  readonly #options: TenantsOptions;
  readonly #edges = new Map<TenantId, Promise<TenantEdge>>();
  /** Sessions closed by request: they stay closed until asked for. */
  readonly #stopped = new Set<TenantId>();
  #listening: AsyncDisposable | undefined;
  #closing = false;

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { database, logger } = this.#options;
    this.#listening = await database.listen('tenant', {
      notified: (tenant) => {
        if (isTenantId(tenant)) this.#inBackground(() => this.#reconcile(tenant));
      },
      connected: () => this.#inBackground(() => this.#reconcileAll()),
      disconnected: () => logger.warn('the database connection that tells of tenants is gone'),
    });
  }

  /** @throws credential.missing */
  async edge(tenant: TenantId): Promise<TenantEdge> {
    const known = this.#edges.get(tenant);
    if (known) return known;
    const made = this.#make(tenant);
    this.#edges.set(tenant, made);
    made.catch(() => this.#edges.delete(tenant));
    return made;
  }

  async state(tenant: TenantId): Promise<SessionState> {
    const known = this.#edges.get(tenant);
    return known ? (await known).state() : { status: 'none', guilds: 0 };
  }

  /** What is known of the tenant's guilds; nothing for one without a session. */
  async book(tenant: TenantId): Promise<Pick<GuildBook, 'guilds' | 'guild' | 'hasLeft' | 'botUserId'> | undefined> {
    return (await this.#edges.get(tenant))?.book;
  }

  /** @throws credential.missing, session.tenant-closed */
  async openSession(tenant: TenantId): Promise<SessionState> {
    await this.#refuseClosed(tenant);
    this.#stopped.delete(tenant);
    const edge = await this.edge(tenant);
    try {
      await edge.open();
    } catch (error) {
      // What could not be opened is read anew the next time: it may have been mended by then.
      if (edge.state().status === 'none') await this.#drop(tenant);
      throw error;
    }
    // The notification of a suspension may have come before there was a session to end.
    await this.#refuseClosed(tenant);
    return edge.state();
  }

  async closeSession(tenant: TenantId): Promise<void> {
    this.#stopped.add(tenant);
    const known = await this.#edges.get(tenant);
    await known?.close({ keep: false });
  }

  /** @throws credential.used-by-another-tenant */
  async storeCredential(
    tenant: TenantId,
    token: string,
    application: CheckedApplication,
    change: Change,
  ): Promise<void> {
    const stored = await this.#options.credentials.store(tenant, token, application, change);
    const known = await this.#edges.get(tenant);
    if (!known) return;
    if (known.applicationId === stored.applicationId) return known.replaceCredential(stored);
    const wasOpen = known.state().status !== 'none';
    await this.#drop(tenant);
    if (wasOpen) await this.openSession(tenant);
  }

  async deleteCredential(tenant: TenantId, change: Change): Promise<void> {
    // The session first: nothing may be sent with a token that is said to be gone.
    await this.#drop(tenant);
    await this.#options.credentials.delete(tenant, change);
  }

  async *all(): AsyncGenerator<TenantEdge> {
    for (const edge of this.#edges.values()) {
      const known = await edge.catch(() => undefined);
      if (known) yield known;
    }
  }

  /** Leaves every session resumable by the next edge. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    await this.#listening?.[Symbol.asyncDispose]();
    const edges = await Promise.allSettled(this.#edges.values());
    await Promise.all(
      edges.map((edge) => (edge.status === 'fulfilled' ? edge.value.dispose({ keep: true }) : undefined)),
    );
  }

  async #refuseClosed(tenant: TenantId): Promise<void> {
    const status = await this.#options.credentials.statusOf(tenant);
    if (!closedIn.includes(status)) return;
    await this.#drop(tenant);
    throw callerFault('session.tenant-closed', 'This tenant is suspended or being deleted: it gets no session.', 409);
  }

  async #make(tenant: TenantId): Promise<TenantEdge> {
    const credential = await this.#options.credentials.load(tenant);
    if (!credential) {
      throw callerFault('credential.missing', 'No Discord token is stored: store one first.', 409);
    }
    const edge = new TenantEdge(credential, this.#options.ports);
    await edge.restore();
    return edge;
  }

  async #drop(tenant: TenantId): Promise<void> {
    const known = await this.#edges.get(tenant);
    this.#edges.delete(tenant);
    await known?.dispose({ keep: false });
    this.#options.ports.sessionChanged(tenant);
  }

  async #reconcileAll(): Promise<void> {
    const active = await this.#options.credentials.active();
    const known = [...this.#edges.keys()].filter((tenant) => !active.includes(tenant));
    const queue = [...active, ...known];
    const work = async () => {
      for (let tenant = queue.shift(); tenant !== undefined; tenant = queue.shift()) {
        const next = tenant;
        await this.#reconcile(next).catch((error: unknown) => this.#failed(error));
      }
    };
    await Promise.all(Array.from({ length: openAtOnce }, work));
  }

  /** Brings one tenant's session in line with what the database says of the tenant. */
  async #reconcile(tenant: TenantId): Promise<void> {
    if (this.#closing) return;
    const status = await this.#options.credentials.statusOf(tenant);
    if (closedIn.includes(status)) return this.#drop(tenant);
    if (status !== 'active' || this.#stopped.has(tenant)) return;
    const known = this.#edges.get(tenant) ?? ((await this.#options.credentials.load(tenant)) && this.edge(tenant));
    const edge = await known;
    if (!edge || this.#closing) return;
    // A failed session stays failed until somebody has mended what made it fail.
    if (edge.state().status === 'none') await edge.open();
  }

  #inBackground(work: () => Promise<void>): void {
    if (this.#closing) return;
    work().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.#options.logger.error({ err: error }, "a tenant's session could not be brought in line");
  }
}
