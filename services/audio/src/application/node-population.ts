import type { TenantId } from '#infra/kernel/ids.ts';
import type { Session } from '../domain/session.ts';
import type { GuildKey } from './ports.ts';

/** How many players with a track this process has at each node: a node that is being drained is empty when there is none. */
export class NodePopulation {
  readonly #nodes = new Map<TenantId, Map<string, string>>();

  /** Must be called for each stored change, and for each session that is taken over. */
  changed({ tenant, guild }: GuildKey, { node, current }: Session): void {
    const guilds = this.#nodes.get(tenant) ?? new Map<string, string>();
    if (node !== null && current) this.#nodes.set(tenant, guilds.set(guild, node));
    else if (guilds.delete(guild) && guilds.size === 0) this.#nodes.delete(tenant);
  }

  leave(tenant: TenantId): void {
    this.#nodes.delete(tenant);
  }

  at(node: string): number {
    let count = 0;
    for (const guilds of this.#nodes.values()) for (const at of guilds.values()) if (at === node) count += 1;
    return count;
  }
}
