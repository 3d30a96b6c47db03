import { Alert, Button, Modal, NativeSelect, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { Problem, sentenceOf } from '../../api/problem.ts';
import { guildQuery, guildsQuery, policyHistoryQuery } from '../../api/queries.ts';
import type { GuildDetail, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { usePeople } from '../../app/people.ts';
import { DialogError } from '../../parts/dialog-form.tsx';
import { isolated } from '../../parts/names.ts';
import { RowsSkeleton } from '../../parts/states.tsx';
import { done } from '../../parts/toast.ts';
import { ChangeList } from './change-list.tsx';
import { policyQuery, type CurrentPolicy } from './policy-queries.ts';
import { namesIn, type Names } from './words.ts';

/** Whether it names roles or channels, which no other server has. */
const isBound = ({ rules, dj }: GuildPolicy): boolean =>
  dj !== undefined || rules.some(({ who, channels }) => who.roles !== undefined || channels !== undefined);

/** Copies the policy in force to another server, after showing what changes there. */
export function CopyDialog(props: { guild: GuildDetail; names: Names; current: CurrentPolicy; close: () => void }) {
  const { guild, names, current, close } = props;
  const { tenant } = useTenant();
  const client = useQueryClient();
  const people = usePeople();
  const [to, setTo] = useState('');
  const guilds = useQuery(guildsQuery(tenant));
  const others = guilds.data?.filter(({ id }) => id !== guild.id) ?? [];
  const target = useQuery({ ...policyQuery(tenant, to), enabled: to !== '' });
  const place = useQuery({ ...guildQuery(tenant, to), enabled: to !== '' });
  const copy = useMutation({
    mutationFn: ({ etag }: CurrentPolicy) =>
      api.POST('/v1/tenants/{tenant}/guilds/{guild}/policy/copy', {
        params: { path: { tenant, guild: guild.id }, header: { 'if-match': etag } },
        body: { to },
      }),
    onSuccess: () => {
      close();
      done(
        `${place.data ? isolated(place.data.name) : 'The other server'} now has the policy of ${isolated(guild.name)}`,
      );
    },
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: policyQuery(tenant, to).queryKey }),
        client.invalidateQueries({ queryKey: policyHistoryQuery(tenant, to).queryKey }),
        client.invalidateQueries({ queryKey: guildsQuery(tenant).queryKey }),
      ]);
    },
  });
  const error = guilds.error ?? target.error ?? place.error;
  return (
    <Modal opened onClose={close} title={`Copy the policy of ${isolated(guild.name)}`} size="lg">
      <div className="form">
        <Text c="dimmed">The policy in force here replaces the whole policy there, as a new version.</Text>
        {guilds.data && others.length === 0 ? (
          <Text>The bot is in no other server.</Text>
        ) : (
          <NativeSelect
            label="To"
            value={to}
            onChange={(event) => {
              copy.reset();
              setTo(event.currentTarget.value);
            }}
            data={[
              { value: '', label: 'Choose a server', disabled: true },
              ...others.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        )}
        {to !== '' && isBound(current.policy) && (
          <Alert color="yellow" variant="light" className="note">
            Roles and channels belong to one server: nobody there has the roles of <bdi>{guild.name}</bdi>, and nobody
            types in its channels.
          </Alert>
        )}
        {to !== '' && !error && (!target.data || !place.data) && <RowsSkeleton rows={2} height={40} />}
        {target.data && place.data && (
          <ChangeList
            before={target.data.policy}
            after={current.policy}
            names={namesAt(place.data, { there: namesIn(place.data, people), here: names, from: guild.name })}
          />
        )}
        {(copy.error ?? error) && (
          <DialogError>
            {copy.error instanceof Problem && copy.error.status === 412
              ? 'Someone else has saved a new version there. Review the changes and copy again.'
              : sentenceOf(copy.error ?? error)}
          </DialogError>
        )}
        <div className="form-actions">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            loading={copy.isPending}
            disabled={!target.data || !place.data}
            onClick={() => target.data && copy.mutate(target.data)}
          >
            Copy policy
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** Names for ids in the other server; those of this server are shown with its name. */
function namesAt(guild: GuildDetail, { there, here, from }: { there: Names; here: Names; from: string }): Names {
  const roles = new Set(guild.roles.map(({ id }) => id));
  const channels = new Set(guild.text.map(({ id }) => id));
  return {
    role: (id) => (roles.has(id) ? there.role(id) : `${here.role(id)} of ${from}`),
    channel: (id) => (channels.has(id) ? there.channel(id) : `${here.channel(id)} of ${from}`),
    member: there.member,
  };
}
