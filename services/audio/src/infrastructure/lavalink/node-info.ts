import { displayName } from '#infra/kernel/names.ts';
import { listOf, objectOf, textOf } from './node-values.ts';

/** What a node can do, by its own account (Lavalink docs/api/rest.md, "Get Lavalink info"). */
export interface NodeInfo {
  /** Of Lavalink; empty if the node does not say. */
  readonly version: string;
  /** As tracks name them in `info.sourceName`. */
  readonly sources: readonly string[];
  readonly filters: readonly string[];
  readonly plugins: readonly { readonly name: string; readonly version: string }[];
}

/** Names of the plugins that this service makes use of. */
export const pluginNames = { lyrics: 'lavalyrics-plugin', sponsorBlock: 'sponsorblock-plugin' } as const;

/** Of each list; a node has about ten. */
const most = 100;

/** The response of `GET /v4/info`; undefined if it is not one. */
export function nodeInfoOf(answer: unknown): NodeInfo | undefined {
  const { version, sourceManagers, filters, plugins } = objectOf(answer);
  if (!Array.isArray(sourceManagers) || !Array.isArray(filters)) return undefined;
  return {
    version: name(objectOf(version)['semver']),
    sources: names(sourceManagers),
    filters: names(filters),
    plugins: listOf(plugins)
      .slice(0, most)
      .map((plugin) => ({ name: name(objectOf(plugin)['name']), version: name(objectOf(plugin)['version']) }))
      .filter((plugin) => plugin.name !== ''),
  };
}

const name = (value: unknown): string => displayName(textOf(value), { maxCharacters: 50, otherwise: '' });
const names = (values: readonly unknown[]): readonly string[] =>
  values
    .slice(0, most)
    .map(name)
    .filter((each) => each !== '');

export const hasPlugin = ({ plugins }: NodeInfo, wanted: string): boolean =>
  plugins.some((plugin) => plugin.name === wanted);

/** The abilities of each node, as read when a tenant last connected to it: they are the same for all. */
export class NodeInfos {
  readonly #known = new Map<string, NodeInfo>();

  note(node: string, info: NodeInfo): void {
    this.#known.set(node, info);
  }

  of(node: string): NodeInfo | undefined {
    return this.#known.get(node);
  }

  /** False only if the node has said what it has, and this is not among it. */
  has(node: string, kind: 'sources' | 'filters', wanted: string): boolean {
    return this.of(node)?.[kind].includes(wanted) ?? true;
  }

  /** Whether the node has said that it has this plugin. */
  offers(node: string, plugin: string): boolean {
    const info = this.of(node);
    return info !== undefined && hasPlugin(info, plugin);
  }

  /** Whether any of these nodes has this plugin; undefined while one of them that may have it has not said. */
  anyOffers(nodes: readonly string[], plugin: string): boolean | undefined {
    if (nodes.some((node) => this.offers(node, plugin))) return true;
    return nodes.some((node) => this.of(node) === undefined) ? undefined : false;
  }

  /** Forgets the nodes that are not kept. */
  keep(isKept: (node: string) => boolean): void {
    for (const node of this.#known.keys()) if (!isKept(node)) this.#known.delete(node);
  }

  /** What any of these nodes has; undefined while one of them has not said. */
  anyOf(nodes: readonly string[], kind: 'sources' | 'filters'): readonly string[] | undefined {
    const infos = nodes.map((node) => this.of(node));
    if (infos.includes(undefined)) return undefined;
    return [...new Set(infos.flatMap((info) => info?.[kind] ?? []))];
  }
}
