/** What is known of a node when a player needs one. */
export interface Candidate {
  readonly id: string;
  /** It has what the track needs, as far as is known. */
  readonly able: boolean;
  /** Its breaker is open: it gets no requests. */
  readonly failing: boolean;
  readonly draining: boolean;
  readonly regions: readonly string[];
  /** By its load (node-loads.ts). */
  readonly penalty: number;
}

export interface Wanted {
  /** The node that has the player already: music stays where it is, unless that node cannot go on with it. */
  readonly preferred: string | null;
  /** Of the voice server; undefined if it is not known. */
  readonly region: string | undefined;
}

/**
 * How many playing players a node outside the voice server's region weighs more than one inside: distance costs
 * quality, but an overloaded node costs more.
 */
const penalties = { elsewhere: 500, anywhere: 100 } as const;

/**
 * Nodes for a player, the best first: those that can play it, that work, that are not being drained; among these the one
 * that has it, and then by load and region. The others follow, since they may work after all; but one that is being
 * drained gets no new player.
 */
export function inOrder<Node extends Candidate>(nodes: readonly Node[], { preferred, region }: Wanted): Node[] {
  const rank = ({ id, able, failing, draining, regions, penalty }: Node) => [
    able ? 0 : 1,
    failing ? 1 : 0,
    draining ? 1 : 0,
    id === preferred ? 0 : 1,
    penalty + penaltyOfRegion(regions, region),
  ];
  return nodes
    .filter(({ id, draining }) => !draining || id === preferred)
    .map((node) => ({ node, rank: rank(node) }))
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ node }) => node);
}

/**
 * The region of a voice server, by its address: `rotterdam` of rotterdam1234.discord.media:443, `ams` of
 * c-ams06-0a1b2c3d.discord.media. Undefined if it names none.
 */
export function voiceRegionOf(endpoint: string): string | undefined {
  return /^(?:c-)?([a-z]+(?:-[a-z]+)*)-?\d/.exec(endpoint.toLowerCase())?.[1];
}

function penaltyOfRegion(regions: readonly string[], region: string | undefined): number {
  if (region === undefined || regions.includes(region)) return 0;
  return regions.length === 0 ? penalties.anywhere : penalties.elsewhere;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
