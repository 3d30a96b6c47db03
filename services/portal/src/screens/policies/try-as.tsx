import { Checkbox, Input, MultiSelect, NativeSelect, SegmentedControl, Skeleton, TextInput } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ruledCommands } from '#policies/commands.ts';
import type { Cell, GuildDetail, GuildMember, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { guildMembersQuery } from '../../api/queries.ts';
import { ErrorState } from '../../parts/states.tsx';
import { instantOf, localOf, ownZone } from '../../parts/time.tsx';
import { MemberChoice } from './member-choice.tsx';
import { tryPolicy } from './policy-queries.ts';
import { reasonWords, termsWords, type Names } from './words.ts';

/** Permission flags (Discord: Permissions). */
const administrator = String(1n << 3n);
const manageGuild = String(1n << 5n);

/** "Test as this member": what the policy on the screen, saved or not, lets somebody do at a given time. */
export function TryAs({ policy, guild, names }: { policy: GuildPolicy; guild: GuildDetail; names: Names }) {
  const { tenant } = useTenant();
  const [user, setUser] = useState<string | null>(null);
  const [roles, setRoles] = useState<string[]>([]);
  const [channel, setChannel] = useState('');
  const [permissions, setPermissions] = useState<string[]>([]);
  /** In the user's time zone; undefined means now. */
  const [local, setLocal] = useState<string>();
  const choosable = guild.roles.filter(({ managed }) => !managed);
  const isChoosable = (id: string) => choosable.some((role) => role.id === id);
  const member = useChosen(guild.id, user, (theirs) => setRoles(theirs.filter(isChoosable)));
  const called: Names = { ...names, member: (id) => (id === member?.id ? member.name : names.member(id)) };
  const choose = (chosen: string | null) => {
    setUser(chosen);
    if (chosen !== null) setRoles([]);
  };
  const bits = permissions.reduce((sum, bit) => sum | BigInt(bit), 0n);
  const supposed = { roles, permissions: String(bits), ...(user ? { user } : {}), ...(channel ? { channel } : {}) };
  const asked = { policy, member: supposed, ...(local ? { at: instantOf(local) } : {}) };
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['policy-try', tenant, guild.id, asked],
    queryFn: ({ signal }) => tryPolicy({ tenant, guild: guild.id }, asked, signal),
    placeholderData: (before) => before,
  });
  return (
    <div className="card try">
      <div className="form try-form">
        <MemberChoice guild={guild.id} policy={policy} names={called} value={user} change={choose} />
        <MultiSelect
          label="Roles"
          placeholder={roles.length === 0 ? 'No role' : undefined}
          data={choosable.map(({ id, name }) => ({ value: id, label: name }))}
          value={roles}
          onChange={setRoles}
        />
        <NativeSelect
          label="Channel"
          value={channel}
          onChange={(event) => setChannel(event.currentTarget.value)}
          data={[
            { value: '', label: 'A channel that no rule mentions' },
            ...guild.text.map(({ id, name }) => ({ value: id, label: `#${name}` })),
          ]}
        />
        <Checkbox.Group label="Discord permissions" value={permissions} onChange={setPermissions}>
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
              { value: 'then', label: 'At a set time' },
            ]}
          />
        </Input.Wrapper>
        {local !== undefined && (
          <TextInput
            type="datetime-local"
            label="Date and time"
            description={`In your time zone (${ownZone})`}
            value={local}
            onChange={(event) => setLocal(event.currentTarget.value)}
            error={local === '' ? 'Choose a date and a time; until then, this is the present' : undefined}
          />
        )}
      </div>
      <div className="try-answer" aria-live="polite" aria-busy={isFetching}>
        {error && !data ? (
          <ErrorState error={error} retry={() => void refetch()} />
        ) : (
          <ul>
            {ruledCommands.map((command) => (
              <Answer
                key={command}
                command={command}
                cell={data?.find((cell) => cell.command === command)}
                {...{ policy, names: called }}
              />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

/** The chosen person as a member of the server; their roles are only the initial selection of the test. */
function useChosen(guild: string, user: string | null, begin: (roles: readonly string[]) => void) {
  const { tenant, can } = useTenant();
  const { data } = useQuery({
    ...guildMembersQuery(tenant, guild, { ids: user ?? '' }),
    enabled: user !== null && can('guild.members'),
  });
  const member = user === null ? undefined : data?.find(({ id }) => id === user);
  const told = useRef<GuildMember>(undefined);
  useEffect(() => {
    if (member && told.current !== member) begin(member.roles ?? []);
    told.current = member;
  });
  return member;
}

/** The result for one command, the reason and the terms. */
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
          <ul className="try-terms" aria-label="Conditions">
            {terms.map((term) => (
              <li key={term}>{term}</li>
            ))}
          </ul>
        )}
        {!cell.allowed && <span className="row-text">Message shown to them: “{cell.message}”</span>}
      </span>
    </li>
  );
}
