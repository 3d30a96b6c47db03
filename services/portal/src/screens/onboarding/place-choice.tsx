import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { guildQuery } from '../../api/queries.ts';
import type { Check } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { isolated } from '../../parts/names.ts';
import { failed } from '../../parts/toast.ts';

type Guilds = NonNullable<NonNullable<Check['data']>['guilds']>;

/** The voice channel for the sound check. */
export function PlaceChoice({ guilds, went }: { guilds: Guilds; went: () => void }) {
  const { tenant } = useTenant();
  const [guild, setGuild] = useState(guilds[0]?.id ?? '');
  const [chosen, setChosen] = useState('');
  const details = useQuery({ ...guildQuery(tenant, guild), enabled: guild !== '' });
  const channels = details.data?.voice ?? [];
  const voiceChannel = chosen || (channels[0]?.id ?? '');
  const choose = useMutation({
    mutationFn: () =>
      api.PUT('/v1/tenants/{tenant}/onboarding/place', {
        params: { path: { tenant } },
        body: { guild, voiceChannel },
      }),
    onSuccess: went,
    onError: failed,
  });
  return (
    <form
      className="place"
      onSubmit={(event) => {
        event.preventDefault();
        choose.mutate();
      }}
    >
      <NativeSelect
        label="Server"
        value={guild}
        onChange={(event) => {
          setGuild(event.currentTarget.value);
          setChosen('');
        }}
        data={guilds.map(({ id, name }) => ({ value: id, label: isolated(name) }))}
      />
      <NativeSelect
        label="Voice channel"
        value={voiceChannel}
        onChange={(event) => setChosen(event.currentTarget.value)}
        data={channels.map(({ id, name }) => ({ value: id, label: isolated(name) }))}
      />
      <Button type="submit" loading={choose.isPending} disabled={voiceChannel === ''}>
        Play here
      </Button>
    </form>
  );
}
