import type { TenantId } from '#infra/kernel/ids.ts';

/** Work that nobody waits for, until it ends. */
export class Underway {
  readonly #work = new Map<Promise<void>, TenantId>();

  add(tenant: TenantId, work: Promise<void>): void {
    this.#work.set(work, tenant);
    void work.finally(() => this.#work.delete(work));
  }

  /** Of one tenant, or of all. */
  async settled(tenant?: TenantId): Promise<void> {
    await Promise.all([...this.#work].flatMap(([work, of]) => (tenant === undefined || of === tenant ? work : [])));
  }
}
