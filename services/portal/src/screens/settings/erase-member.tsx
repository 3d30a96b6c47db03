import { Button, List, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, valueOf } from '../../api/client.ts';
import { useTenant } from '../../app/access.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Section } from '../../parts/page.tsx';
import { done, failed } from '../../parts/toast.ts';

/** Erases what is stored of a Discord member, once the administrator has read what that is. */
export function EraseMember() {
  const { tenant } = useTenant();
  const [user, setUser] = useState('');
  const [asking, { open, close }] = useDisclosure(false);
  const erase = useMutation({
    mutationFn: () =>
      valueOf(api.DELETE('/v1/tenants/{tenant}/discord-members/{user}/data', { params: { path: { tenant, user } } })),
    onSuccess: ({ status, namedInPolicies }) => {
      done(
        <>
          {status === 'done' ? 'The data was erased.' : 'The data is being erased. This continues by itself.'}
          {namedInPolicies.length > 0 && ' Your permissions still name this member. Change them if they should not.'}
        </>,
        { stays: namedInPolicies.length > 0 },
      );
      setUser('');
      close();
    },
    onError: failed,
  });
  const isId = /^[1-9]\d{0,18}$/.test(user);
  return (
    <Section
      title="Erase a member's data"
      text="When somebody in one of your Discord servers asks you to forget them. This cannot be undone."
    >
      <form
        className="card pad inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isId) open();
        }}
      >
        <TextInput
          label="Discord user ID"
          value={user}
          onChange={(event) => setUser(event.currentTarget.value.trim())}
          error={user !== '' && !isId ? 'A Discord ID is digits only.' : undefined}
          maxLength={20}
          inputMode="numeric"
          autoComplete="off"
        />
        <Button type="submit" variant="outline" color="red.8" className="danger-button" disabled={!isId}>
          Erase
        </Button>
      </form>
      <Confirm
        opened={asking}
        close={close}
        title={`Erase the data of ${user}?`}
        text={<WhatIsErased />}
        action="Erase permanently"
        run={() => erase.mutate()}
        running={erase.isPending}
      />
    </Section>
  );
}

const WhatIsErased = () => (
  <>
    This is what happens:
    <List size="sm" my="xs" spacing={2}>
      <List.Item>Favourites and playlists are deleted, and what they asked for leaves the history.</List.Item>
      <List.Item>Tracks in queues stay, without saying who asked for them. Votes are forgotten.</List.Item>
      <List.Item>
        The audit log no longer names them, and still verifies. What they did here as a member of your team stays in it.
      </List.Item>
      <List.Item>Your encryption keys are replaced, so that older backups do not bring the data back.</List.Item>
    </List>
    Exports of the audit log that you have downloaded are yours to delete.
  </>
);
