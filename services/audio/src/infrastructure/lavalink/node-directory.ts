/** A Lavalink node as operators have described it. */
export interface NodeEntry {
  readonly id: string;
  /** Discord's voice regions that it is near to, as in the addresses of voice servers: `rotterdam`, `us-east`; empty: any. */
  readonly regions: readonly string[];
  /** It gets no new players, and those that it has move to others. */
  readonly draining: boolean;
}

/** Enough to name one that is near to everything. */
export type DescribedNode = Pick<NodeEntry, 'id'> & Partial<NodeEntry>;

/** The nodes that there are now: operators add, drain and remove them while music plays. */
export class NodeDirectory {
  #nodes: ReadonlyMap<string, NodeEntry>;
  readonly #listeners = new Set<() => void>();

  constructor(nodes: readonly DescribedNode[]) {
    this.#nodes = byId(nodes);
  }

  get all(): readonly NodeEntry[] {
    return [...this.#nodes.values()];
  }

  find(id: string): NodeEntry | undefined {
    return this.#nodes.get(id);
  }

  /** Replaces all of them. */
  set(nodes: readonly DescribedNode[]): void {
    this.#nodes = byId(nodes);
    for (const listener of this.#listeners) listener();
  }

  /** Calls back after each change until the returned function is called; `listener` must not throw. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

const byId = (nodes: readonly DescribedNode[]) =>
  new Map(nodes.map(({ id, regions = [], draining = false }) => [id, { id, regions, draining }]));
