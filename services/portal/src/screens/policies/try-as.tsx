import { Checkbox, MultiSelect, NativeSelect } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { GuildDetail, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { ErrorState } from '../../parts/states.tsx';
import { tryPolicy } from './policy-queries.ts';

/** Discord: Permissions, bitwise flags. */
const administrator = String(1n << 3n);
const manageGuild = String(1n << 5n);

/** "Test as this member": what the policy as it stands on the screen, saved or not, lets somebody do. */
export function TryAs({ policy, guild }: { policy: GuildPolicy; guild: GuildDetail }) {
  const { tenant } = useTenant();
  const [roles, setRoles] = useState<string[]>([]);
  const [channel, setChannel] = useState('');
  const [permissions, setPermissions] = useState<string[]>([]);
  const bits = permissions.reduce((sum, bit) => sum | BigInt(bit), 0n);
  const member = { roles, permissions: String(bits), ...(channel ? { channel } : {}) };
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['policy-try', tenant, guild.id, policy, member],
    queryFn: ({ signal }) => tryPolicy({ tenant, guild: guild.id }, { policy, member }, signal),
    placeholderData: (before) => before,
  });
  return (
    <div className="card try">
      <div className="form try-form">
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
      </div>
      <div className="try-answer" aria-live="polite" aria-busy={isFetching}>
        {error && !data ? (
          <ErrorState error={error} retry={() => void refetch()} />
        ) : (
          <ul>
            {data?.map(({ command, allowed, message, rule }) => (
              <li key={command} data-outcome={allowed ? 'allowed' : 'denied'}>
                <span className="try-icon">
                  {allowed ? <IconCheck size={16} aria-label="Allowed" /> : <IconX size={16} aria-label="Denied" />}
                </span>
                <b>/{command}</b>
                <span className="row-text">
                  {allowed ? (rule && rule !== 'otherwise' ? `Rule ${rule}` : 'No rule against it') : message}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
