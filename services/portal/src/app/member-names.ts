import { useQueries } from '@tanstack/react-query';
import { useRef } from 'react';
import { guildMembersQuery } from '../api/queries.ts';
import { useTenant } from './access.ts';

/** The most ids that the API accepts in one request. */
const batchSize = 25;
/** Per server; members beyond this number are shown by their ids. */
const mostNamed = 200;

export interface WantedName {
  readonly guild: string;
  readonly user: string;
}

/** A member's name in a server; undefined if it is unknown or not loaded yet. */
export type MemberNames = (guild: string, user: string) => string | undefined;

/** Names of members of Discord servers, requested as the page needs them. */
export function useMemberNames(wanted: readonly WantedName[]): MemberNames {
  const { tenant, can } = useTenant();
  const asked = useRef(new Map<string, string[]>()).current;
  // The order of ids stays the same, so that a growing list requests only the new ones.
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
