import { useQueries } from '@tanstack/react-query';
import { useRef } from 'react';
import { guildMembersQuery } from '../api/queries.ts';
import { useTenant } from './access.ts';

/** As many as the API names at once. */
const batchSize = 25;
/** Of more people in one server than that, the later ones are shown by their ids. */
const mostNamed = 200;

export interface WantedName {
  readonly guild: string;
  readonly user: string;
}

/** What a member is called in a server; undefined where that is not known, or not yet. */
export type MemberNames = (guild: string, user: string) => string | undefined;

/** Names of members of Discord servers, as the page comes to need them. */
export function useMemberNames(wanted: readonly WantedName[]): MemberNames {
  const { tenant, can } = useTenant();
  const asked = useRef(new Map<string, string[]>()).current;
  // Who is asked about first stays first, so that a list that grows asks about the new ones alone.
  for (const { guild, user } of wanted) {
    const users = asked.get(guild) ?? [];
    if (users.length < mostNamed && !users.includes(user)) asked.set(guild, [...users, user]);
  }
  const batches = [...asked].flatMap(([guild, users]) => batchesOf(users).map((ids) => ({ guild, ids })));
  const known = useRef(new Map<string, string>()).current;
  const found = useQueries({
    queries: batches.map(({ guild, ids }) => ({
      ...guildMembersQuery(tenant, guild, { ids: ids.join() }),
      enabled: can('guild.members'),
    })),
  });
  for (const [index, { data }] of found.entries())
    for (const { id, name } of data ?? []) known.set(`${batches[index]?.guild} ${id}`, name);
  return (guild, user) => known.get(`${guild} ${user}`);
}

const batchesOf = (users: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(users.length / batchSize) }, (_, index) =>
    users.slice(index * batchSize, (index + 1) * batchSize),
  );
