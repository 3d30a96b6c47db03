import { Select, type ComboboxItem } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { everyMemberQuery, guildMembersQuery } from '../../api/queries.ts';
import type { GuildMember, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { sentenceOf } from '../../api/problem.ts';
import type { Names } from './words.ts';

/** Discord ids (snowflakes). */
const userId = /^\d{17,19}$/;
/** The longest name at Discord, in characters. */
const maxWords = 32;
/** Debounces the search while the user types. */
const pauseMs = 250;

/**
 * Selects a member of the server by name prefix, or anybody by id. Members that the policy or the tenant names are
 * offered without a search.
 */
export function MemberChoice(props: {
  guild: string;
  policy: GuildPolicy;
  names: Names;
  value: string | null;
  change: (user: string | null) => void;
}) {
  const { guild, names, value, change } = props;
  const { can } = useTenant();
  const [search, setSearch] = useState('');
  const searches = can('guild.members');
  const { found, error, isSearching } = useFound(guild, search, searches);
  const offered = useOffered(props.policy, found, names, value, search);
  const chosen = offered.find((option) => option.value === value)?.label;
  return (
    <Select
      label="Member"
      placeholder="Any member"
      description={
        searches
          ? 'Type the beginning of a name, or paste a Discord user ID.'
          : 'Members of your team by name, anybody else by their Discord user ID.'
      }
      data={offered}
      filter={({ options, search: words }) => {
        const wanted = words.trim().toLowerCase();
        if (words === chosen) return options;
        return (options as ComboboxItem[]).filter(
          (option) =>
            option.value === wanted ||
            option.label.toLowerCase().includes(wanted) ||
            found.some(({ id }) => id === option.value),
        );
      }}
      renderOption={({ option }) => (
        <span>
          <bdi>{option.label}</bdi>{' '}
          <span className="row-text mono">
            {found.find(({ id }) => id === option.value)?.username ?? ''} {option.value}
          </span>
        </span>
      )}
      nothingFoundMessage={isSearching ? 'Searching…' : error ? sentenceOf(error) : 'No member name starts with this.'}
      error={error ? sentenceOf(error) : undefined}
      value={value}
      onChange={change}
      searchValue={search}
      onSearchChange={setSearch}
      searchable
      clearable
    />
  );
}

/** Results of Discord's member search for the debounced text. */
function useFound(guild: string, search: string, searches: boolean) {
  const { tenant } = useTenant();
  const typed = search.trim();
  const [words] = useDebouncedValue(typed, pauseMs);
  const asks = searches && words !== '' && words.length <= maxWords;
  const { data, error, isFetching } = useQuery({
    ...guildMembersQuery(tenant, guild, userId.test(words) ? { ids: words } : { query: words }),
    enabled: asks,
  });
  const found: readonly GuildMember[] = asks ? (data ?? []) : [];
  return {
    found,
    error: asks ? error : null,
    isSearching: searches && typed !== '' && (isFetching || typed !== words),
  };
}

function useOffered(
  policy: GuildPolicy,
  found: readonly GuildMember[],
  names: Names,
  value: string | null,
  search: string,
): ComboboxItem[] {
  const { tenant, can } = useTenant();
  const members = useQuery({ ...everyMemberQuery(tenant), enabled: can('member.read') });
  const known = (members.data ?? []).flatMap(({ subject }) => /^discord:(\d+)$/.exec(subject)?.slice(1) ?? []);
  const named = policy.rules.flatMap(({ who }) => who.users ?? []);
  const typed = userId.test(search.trim()) ? [search.trim()] : [];
  const labels = new Map(found.filter(({ bot }) => !bot).map(({ id, name }) => [id, name]));
  const offered = new Set([...labels.keys(), ...known, ...named, ...typed, ...(value === null ? [] : [value])]);
  return [...offered].map((id) => ({ value: id, label: labels.get(id) ?? names.member(id) }));
}
