import {
  Checkbox,
  Input,
  MultiSelect,
  NativeSelect,
  SegmentedControl,
  Select,
  Skeleton,
  TextInput,
} from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { commandNames } from '#policies/commands.ts';
import { everyMemberQuery } from '../../api/queries.ts';
import type { Cell, GuildDetail, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { ErrorState } from '../../parts/states.tsx';
import { instantOf, localOf, ownZone } from '../../parts/time.tsx';
import { tryPolicy } from './policy-queries.ts';
import { reasonWords, termsWords, type Names } from './words.ts';

/** Discord: Permissions, bitwise flags. */
const administrator = String(1n << 3n);
const manageGuild = String(1n << 5n);

/** "Test as this member": what the policy as it stands on the screen, saved or not, lets somebody do, now or then. */
export function TryAs({ policy, guild, names }: { policy: GuildPolicy; guild: GuildDetail; names: Names }) {
  const { tenant } = useTenant();
  const [user, setUser] = useState<string | null>(null);
  const [roles, setRoles] = useState<string[]>([]);
  const [channel, setChannel] = useState('');
  const [permissions, setPermissions] = useState<string[]>([]);
  /** By the reader's clock; nothing is now. */
  const [local, setLocal] = useState<string>();
  const bits = permissions.reduce((sum, bit) => sum | BigInt(bit), 0n);
  const member = { roles, permissions: String(bits), ...(user ? { user } : {}), ...(channel ? { channel } : {}) };
  const asked = { policy, member, ...(local ? { at: instantOf(local) } : {}) };
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['policy-try', tenant, guild.id, asked],
    queryFn: ({ signal }) => tryPolicy({ tenant, guild: guild.id }, asked, signal),
    placeholderData: (before) => before,
  });
  return (
    <div className="card try">
      <div className="form try-form">
        <MemberChoice policy={policy} names={names} value={user} change={setUser} />
        <MultiSelect
          label="Roles of the member"
          placeholder={roles.length === 0 ? 'No role' : undefined}
          data={guild.roles.filter(({ managed }) => !managed).map(({ id, name }) => ({ value: id, label: name }))}
          value={roles}
          onChange={setRoles}
        />
        <NativeSelect
          label="Types in"
          value={channel}
          onChange={(event) => setChannel(event.currentTarget.value)}
          data={[
            { value: '', label: 'No channel that a rule names' },
            ...guild.text.map(({ id, name }) => ({ value: id, label: `#${name}` })),
          ]}
        />
        <Checkbox.Group label="Holds in Discord" value={permissions} onChange={setPermissions}>
          <div className="tags days">
            <Checkbox value={manageGuild} label="Manage Server" />
            <Checkbox value={administrator} label="Administrator" />
          </div>
        </Checkbox.Group>
        <Input.Wrapper label="When" labelElement="div">
          <SegmentedControl
            fullWidth
            aria-label="When"
            value={local === undefined ? 'now' : 'then'}
            onChange={(when) => setLocal(when === 'now' ? undefined : localOf(new Date().toISOString()))}
            data={[
              { value: 'now', label: 'Now' },
              { value: 'then', label: 'At a moment' },
            ]}
          />
        </Input.Wrapper>
        {local !== undefined && (
          <TextInput
            type="datetime-local"
            label="Date and time"
            description={`By your own clock (${ownZone})`}
            value={local}
            onChange={(event) => setLocal(event.currentTarget.value)}
            error={local === '' ? 'Choose both; until then it is now' : undefined}
          />
        )}
      </div>
      <div className="try-answer" aria-live="polite" aria-busy={isFetching}>
        {error && !data ? (
          <ErrorState error={error} retry={() => void refetch()} />
        ) : (
          <ul>
            {commandNames.map((command) => (
              <Answer
                key={command}
                command={command}
                cell={data?.find((cell) => cell.command === command)}
                {...{ policy, names }}
              />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

/** Discord's ids (Snowflakes). */
const userId = /^\d{17,19}$/;

/**
 * Somebody whom a rule may name: members of the tenant and of the rules by name, anybody else by their id at Discord.
 */
function MemberChoice(props: {
  policy: GuildPolicy;
  names: Names;
  value: string | null;
  change: (user: string | null) => void;
}) {
  const { policy, names, value } = props;
  const { tenant, can } = useTenant();
  const [search, setSearch] = useState('');
  const members = useQuery({ ...everyMemberQuery(tenant), enabled: can('member.read') });
  const known = (members.data ?? []).flatMap(({ subject }) => /^discord:(\d+)$/.exec(subject)?.slice(1) ?? []);
  const named = policy.rules.flatMap(({ who }) => who.users ?? []);
  const typed = userId.test(search.trim()) ? [search.trim()] : [];
  const offered = new Set([...known, ...named, ...typed, ...(value === null ? [] : [value])]);
  return (
    <Select
      label="Member"
      placeholder="Nobody in particular"
      description="By name, or by their id at Discord. What roles they have is said below."
      data={[...offered].map((id) => ({ value: id, label: names.member(id) }))}
      filter={({ options, search: words }) =>
        options.filter(
          (option) =>
            'value' in option &&
            (option.value === words.trim() || option.label.toLowerCase().includes(words.trim().toLowerCase())),
        )
      }
      renderOption={({ option }) => (
        <span>
          {option.label} <span className="row-text mono">{option.value}</span>
        </span>
      )}
      nothingFoundMessage="Nobody whom the portal knows. Paste their id."
      value={value}
      onChange={props.change}
      searchValue={search}
      onSearchChange={setSearch}
      searchable
      clearable
    />
  );
}

/** What comes of one command, why, and under which terms. */
function Answer(props: { command: string; cell: Cell | undefined; policy: GuildPolicy; names: Names }) {
  const { command, cell, policy, names } = props;
  if (!cell)
    return (
      <li>
        <span className="try-icon" />
        <b>/{command}</b>
        <Skeleton height={12} width="60%" radius="sm" />
      </li>
    );
  const terms = termsWords(cell);
  return (
    <li data-outcome={cell.allowed ? 'allowed' : 'denied'} aria-label={`/${command}`}>
      <span className="try-icon">
        {cell.allowed ? <IconCheck size={16} aria-label="Allowed" /> : <IconX size={16} aria-label="Denied" />}
      </span>
      <b>/{command}</b>
      <span className="try-words">
        <span>
          {reasonWords(cell, policy, names)}
          {policy.rules.some(({ id }) => id === cell.rule) && <span className="try-rule mono">{cell.rule}</span>}
        </span>
        {terms.length > 0 && (
          <ul className="try-terms" aria-label="Under these terms">
            {terms.map((term) => (
              <li key={term}>{term}</li>
            ))}
          </ul>
        )}
        {!cell.allowed && <span className="row-text">They read: “{cell.message}”</span>}
      </span>
    </li>
  );
}
