import { BailiwickError, callerFault, callerFaultWith, upstreamFault } from '#infra/kernel/errors.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { searchPrefix, sourceOf, sourceTitle, sourceTitles } from '../domain/sources.ts';
import { hasExpired, identifierFor, isAttachment, type SourcePolicy } from '../domain/source-policy.ts';
import { featureOff } from './feature-off.ts';
import type { Abilities, GuildKey, Loaded, Lavalink } from './ports.ts';

export interface LoadPorts {
  readonly lavalink: Lavalink;
  readonly policy: SourcePolicy;
  /** Loads, or knows what was found lately. */
  readonly found: {
    load(tenant: TenantId, identifier: string, load: Lavalink['load']): Promise<Loaded>;
  };
  readonly clock: Pick<Clock, 'now'>;
  readonly features: Pick<FeatureFlags, 'isOn'>;
  /** Locked by tenant: its own loads wait for each other, but not for other tenants'. */
  readonly loads: KeyedMutex;
}

const refusals: Record<string, string> = {
  malformed: 'This is not a valid link.',
  scheme: 'Only http and https links can be played.',
  credentials: 'Links with a user name or password cannot be played.',
  port: 'Links with a port cannot be played.',
  'private-host': 'Links to private networks cannot be played.',
};

/** Tracks, of which there is at least one. */
export type Found = Extract<Loaded, { kind: 'tracks' }>;

/**
 * Finds what a member asked for. Rejects with player.url-refused, player.link-expired or player.source-missing before anything is sent, player.nothing-found and
 * player.load-failed after; player.busy if the tenant loads too much at once.
 */
export async function find(ports: LoadPorts, tenant: TenantId, query: string): Promise<Found> {
  const { sources } = ports.lavalink.abilities();
  const searchSource = searchPrefix(ports.policy.searchSource, sources);
  const identifier = identifierFor(query, { ...ports.policy, searchSource });
  if (!identifier.ok) {
    if (identifier.fault === 'host-not-allowed' && isAttachment(query)) throw filesRefused();
    const message = refusals[identifier.fault] ?? 'Music from this site cannot be played here. Try a search instead.';
    throw callerFault(playerErrorCodes.urlRefused, message, 422);
  }
  if (hasExpired(identifier.value, ports.clock.now())) {
    const message = 'This link to a file has expired. Upload the file again.';
    throw callerFault(playerErrorCodes.linkExpired, message, 422);
  }
  mustHaveSource(sources, identifier.value);
  const loaded = await ports.found.load(tenant, identifier.value, (whose, what) =>
    ports.loads.run(whose, () => ports.lavalink.load(whose, what)),
  );
  switch (loaded.kind) {
    case 'tracks':
      return loaded;
    case 'nothing':
      throw callerFault(playerErrorCodes.nothingFound, 'Nothing was found. Try other words.', 404);
    case 'failed':
      throw loadFailed(loaded.why);
    default:
      return loaded satisfies never;
  }
}

/** The same for a guild, which may not have uploaded files. @throws BailiwickError feature.off (403) too */
export async function findFor(ports: LoadPorts, guildKey: GuildKey, query: string): Promise<Found> {
  if (isAttachment(query.trim()) && !(await ports.features.isOn(guildKey, 'uploads'))) throw featureOff();
  return find(ports, guildKey.tenant, query);
}

const filesRefused = () =>
  callerFault(
    playerErrorCodes.filesRefused,
    'This bot does not play uploaded files. Its operator can allow them.',
    422,
  );

/** Otherwise a node would take the address for that of a file, and its answer would explain nothing. */
function mustHaveSource(sources: Abilities['sources'], identifier: string): void {
  const source = sourceOf(identifier);
  if (source === undefined || sources === undefined || sources.includes(source)) return;
  const [title, others] = [sourceTitle(source), sourceTitles(sources)];
  // Without a music service there is nothing to name.
  const [params, instead] = others === '' ? [{}, ''] : [{ source: title, sources: others }, ` Here I play: ${others}.`];
  throw callerFaultWith(params, playerErrorCodes.sourceMissing, `I cannot play music from ${title}.${instead}`, 422);
}

function loadFailed(why: string): BailiwickError {
  return upstreamFault(playerErrorCodes.loadFailed, `This could not be loaded: ${why}`, undefined, 422);
}
