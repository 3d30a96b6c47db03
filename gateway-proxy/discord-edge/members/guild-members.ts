import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { BailiwickError, upstreamFault } from '#infra/kernel/errors.ts';
import { displayName } from '#infra/kernel/names.ts';
import { mostGuildMembers, type GuildMember } from '#tenants/instance-protocol/guilds.ts';
import { SlidingCount } from '../budgets/sliding-count.ts';
import type { DiscordCall } from '../discord/discord-call.ts';
import type { GuildBook } from '../state/guild-book.ts';
import { isRaw, rawList, text, type Raw } from '../discord/raw.ts';

export interface GuildMembersOptions {
  readonly book: Pick<GuildBook, 'guild'>;
  readonly rest: { call(call: DiscordCall): Promise<Response> };
  readonly clock: Clock;
}

/** Calls to Discord in ten seconds: lookups must leave the bot most of what Discord allows it. */
const callsPerWindow = 20;
const window = { bucketMs: 1_000, buckets: 10 };
/** How many names and searches are cached, and for how long; a changed name is shown late, but no decision uses it. */
const remembered = { names: 2_000, searches: 200 } as const;
const nameForMs = 10 * 60_000;
const searchForMs = 30_000;

/**
 * Members of one tenant's guilds, by name. Without the privileged intent, Discord does not tell a bot who is in a
 * guild, but lets every bot search and look up members (Discord: Guild Resource), one call each.
 */
export class GuildMembers {
  readonly #options: GuildMembersOptions;
  readonly #calls: SlidingCount;
  /** By guild and user; null for users who are not members. */
  readonly #names = new BoundedMap<string, GuildMember | null>(remembered.names);
  readonly #searches = new BoundedMap<string, readonly GuildMember[]>(remembered.searches);

  constructor(options: GuildMembersOptions) {
    this.#options = options;
    this.#calls = new SlidingCount(options.clock, window);
  }

  /** Discord describes whoever uses a command in full, so their name needs no call. */
  witnessed(interaction: Raw): void {
    const guild = text(interaction['guild_id']);
    if (guild !== undefined && isRaw(interaction['member'])) this.#remember(guild, interaction['member']);
  }

  /**
   * Members whose user name or nickname begins with `query`.
   * @throws BailiwickError discord.busy (429), discord.unavailable (503)
   */
  async search(guild: string, query: string): Promise<readonly GuildMember[]> {
    const { clock } = this.#options;
    const key = `${guild} ${query.toLowerCase()}`;
    const known = this.#searches.get(key, clock.now());
    if (known) return known;
    const search = new URLSearchParams({ query, limit: String(mostGuildMembers) });
    const answer = await this.#call(`/guilds/${guild}/members/search`, search);
    const found: unknown = answer?.ok ? await answer.json() : undefined;
    if (answer === undefined || answer.status === 429) throw busy();
    if (!Array.isArray(found))
      throw upstreamFault('discord.unavailable', 'Discord did not return the members of this server.', undefined, 503);
    const members = rawList(found)
      .slice(0, mostGuildMembers)
      .flatMap((member) => this.#remember(guild, member) ?? []);
    this.#searches.set(key, members, clock.now() + searchForMs);
    return members;
  }

  /** Those of these users who are members and whose names are available; the others are omitted. */
  async named(guild: string, users: readonly string[]): Promise<readonly GuildMember[]> {
    const members: GuildMember[] = [];
    for (const user of users) {
      const member = await this.#named(guild, user);
      if (member) members.push(member);
    }
    return members;
  }

  async #named(guild: string, user: string): Promise<GuildMember | null> {
    const { book, clock } = this.#options;
    const known = this.#names.get(`${guild} ${user}`, clock.now());
    if (known !== undefined) return known;
    const inVoice = book.guild(guild)?.members.get(user);
    if (inVoice) return memberOf(inVoice) ?? null;
    const answer = await this.#call(`/guilds/${guild}/members/${user}`);
    if (answer?.status === 404) this.#names.set(`${guild} ${user}`, null, clock.now() + nameForMs);
    if (!answer?.ok) return null;
    const found: unknown = await answer.json();
    return (isRaw(found) && this.#remember(guild, found)) || null;
  }

  #remember(guild: string, raw: Raw): GuildMember | undefined {
    const member = memberOf(raw);
    const { clock } = this.#options;
    if (member) this.#names.set(`${guild} ${member.id}`, member, clock.now() + nameForMs);
    return member;
  }

  /** Undefined if the limit of calls is reached and this one has to wait. */
  async #call(path: string, query?: URLSearchParams): Promise<Response | undefined> {
    if (this.#calls.total >= callsPerWindow) return undefined;
    this.#calls.add();
    return this.#options.rest.call({ method: 'GET', path, query, authorized: true });
  }
}

const maxNameCharacters = 80;

function memberOf(raw: Raw): GuildMember | undefined {
  const user = isRaw(raw['user']) ? raw['user'] : {};
  const id = text(user['id']);
  const username = text(user['username']);
  if (id === undefined || username === undefined) return undefined;
  const shown = text(raw['nick']) ?? text(user['global_name']) ?? username;
  const roles = Array.isArray(raw['roles']) ? raw['roles'].filter((role) => typeof role === 'string') : null;
  return {
    id,
    name: displayName(shown, { otherwise: username, maxCharacters: maxNameCharacters }),
    username: displayName(username, { otherwise: id, maxCharacters: maxNameCharacters }),
    bot: user['bot'] === true,
    roles,
  };
}

const busy = () =>
  new BailiwickError({
    code: 'discord.busy',
    owner: 'caller',
    status: 429,
    retryAfterSec: 10,
    message: 'Too many member lookups. Try again in ten seconds.',
  });
