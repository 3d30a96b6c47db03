import type { TenantId } from '#infra/kernel/ids.ts';

interface Absence {
  readonly sinceMs: number;
  /** Calls off what was to follow. */
  readonly cancel: () => void;
}

/** Which of the tenants' nodes are away, and since when others of the same tenant can be reached. */
export class NodesAway {
  readonly #absences = new Map<string, Absence>();
  readonly #reached = new Map<TenantId, { readonly sinceMs: number; readonly nodes: Set<string> }>();

  has(tenant: TenantId, node: string): boolean {
    return this.#absences.has(keyOf(tenant, node));
  }

  went(tenant: TenantId, node: string, absence: Absence): void {
    this.#absences.set(keyOf(tenant, node), absence);
    const reached = this.#reached.get(tenant);
    reached?.nodes.delete(node);
    if (reached?.nodes.size === 0) this.#reached.delete(tenant);
  }

  /** Since when it was away; undefined if it was not. */
  back(tenant: TenantId, node: string, nowMs: number): number | undefined {
    const reached = this.#reached.get(tenant) ?? { sinceMs: nowMs, nodes: new Set() };
    reached.nodes.add(node);
    this.#reached.set(tenant, reached);
    const absence = this.#absences.get(keyOf(tenant, node));
    absence?.cancel();
    this.#absences.delete(keyOf(tenant, node));
    return absence?.sinceMs;
  }

  /**
   * Since when it has been away although others can be reached; undefined if it is not. Where the way to all of them was lost,
   * it may have played on, and comes back as they do.
   */
  missedSinceMs(tenant: TenantId, node: string | null): number | undefined {
    const absence = node === null ? undefined : this.#absences.get(keyOf(tenant, node));
    return absence && Math.max(absence.sinceMs, this.#reached.get(tenant)?.sinceMs ?? absence.sinceMs);
  }

  /** Another process acts for this tenant now. */
  leave(tenant: TenantId): void {
    this.#reached.delete(tenant);
    for (const [key, { cancel }] of this.#absences) {
      if (!key.startsWith(`${tenant}/`)) continue;
      cancel();
      this.#absences.delete(key);
    }
  }

  close(): void {
    for (const { cancel } of this.#absences.values()) cancel();
    this.#absences.clear();
    this.#reached.clear();
  }
}

const keyOf = (tenant: string, node: string) => `${tenant}/${node}`;
