import { ActionIcon, Button, Menu, NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDotsVertical, IconMailForward, IconUserPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { memberRoles, type MemberRole } from '#policies/roles.ts';
import { api, valueOf } from '../api/client.ts';
import { invitationsQuery, membersQuery } from '../api/queries.ts';
import type { Member } from '../api/types.ts';
import { useMe, useTenant } from '../app/access.ts';
import { roleNames, roleTexts } from '../app/words.ts';
import { Confirm } from '../parts/confirm.tsx';
import { CreateDialog } from '../parts/create-dialog.tsx';
import { LeaveDialog } from '../parts/leave-dialog.tsx';
import { LoadMore } from '../parts/load-more.tsx';
import { isolated } from '../parts/names.ts';
import { Page, Section } from '../parts/page.tsx';
import { PersonAvatar } from '../parts/person-avatar.tsx';
import { RoleNeeded } from '../parts/role-needed.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { done, failed } from '../parts/toast.ts';

const roles = Object.keys(memberRoles) as MemberRole[];
const nameOf = ({ name, subject }: Member): string => name ?? subject.replace(/^discord:/, 'Discord user ');

/** The members of the tenant with their roles, and open invitations. */
export default function Members() {
  const { tenant, can } = useTenant();
  const members = useInfiniteQuery(membersQuery(tenant));
  const [inviting, { open, close }] = useDisclosure(false);
  const all = members.data?.pages.flatMap(({ items }) => items);
  return (
    <Page
      title="Members"
      text="People who manage this bot here. What members of your Discord servers may do is set in the policies."
      actions={
        can('member.write') && (
          <Button onClick={open} leftSection={<IconUserPlus size={18} aria-hidden />}>
            Invite someone
          </Button>
        )
      }
    >
      {members.error && !all ? (
        <div className="card">
          <ErrorState error={members.error} retry={() => void members.refetch()} />
        </div>
      ) : !all ? (
        <RowsSkeleton />
      ) : (
        <div className="card rows">
          {all.map((member) => (
            <MemberRow key={member.subject} member={member} />
          ))}
          <LoadMore {...members} />
        </div>
      )}
      <RoleNeeded action="member.write" to="invite people or change roles" />
      {can('member.write') && <Invitations />}
      <InviteDialog opened={inviting} close={close} />
    </Page>
  );
}

function MemberRow({ member }: { member: Member }) {
  const { tenant, can } = useTenant();
  const me = useMe();
  const client = useQueryClient();
  const [removing, { open, close }] = useDisclosure(false);
  const mine = member.subject === me.subject;
  const { subject } = member;
  const shownName = isolated(nameOf(member));
  const params = { path: { tenant, subject } };
  const settled = async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: membersQuery(tenant).queryKey }),
      client.invalidateQueries({ queryKey: ['me'] }),
    ]);
  };
  const change = useMutation({
    mutationFn: (role: MemberRole) => api.PUT('/v1/tenants/{tenant}/members/{subject}', { params, body: { role } }),
    onSuccess: (_, role) => done(`${shownName} now has the role ${roleNames[role]}`),
    onError: failed,
    onSettled: settled,
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE('/v1/tenants/{tenant}/members/{subject}', { params }),
    onSuccess: () => {
      close();
      done(`${shownName} was removed`);
    },
    onError: failed,
    onSettled: settled,
  });
  return (
    <div className="row member">
      <PersonAvatar url={member.avatarUrl} name={nameOf(member)} />
      <span className="row-words">
        <span className="row-title">
          <bdi>{nameOf(member)}</bdi> {mine && <span className="tag">you</span>}
        </span>
        <span className="row-text">{roleTexts[member.role]}</span>
      </span>
      <span className="row-end">
        {can('member.write') ? (
          <NativeSelect
            size="sm"
            w={120}
            aria-label={`Role of ${shownName}`}
            value={member.role}
            disabled={change.isPending}
            onChange={(event) => change.mutate(event.currentTarget.value as MemberRole)}
            data={roles.map((role) => ({ value: role, label: roleNames[role] }))}
          />
        ) : (
          <span className="tag">{roleNames[member.role]}</span>
        )}
        {(mine || can('member.write')) && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Actions for ${shownName}`}>
                <IconDotsVertical size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item className="danger-item" onClick={open}>
                {mine ? 'Leave' : 'Remove'}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </span>
      {mine ? (
        <LeaveDialog opened={removing} close={close} />
      ) : (
        <Confirm
          opened={removing}
          close={close}
          title={`Remove ${shownName}?`}
          text="They lose access immediately, and API keys that they created stop working. You can invite them again."
          action="Remove"
          run={() => remove.mutate()}
          running={remove.isPending}
        />
      )}
    </div>
  );
}

function Invitations() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const invitations = useInfiniteQuery(invitationsQuery(tenant));
  const withdraw = useMutation({
    mutationFn: (invitation: string) =>
      api.DELETE('/v1/tenants/{tenant}/invitations/{invitation}', { params: { path: { tenant, invitation } } }),
    onSuccess: () => done('The invitation was withdrawn'),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: invitationsQuery(tenant).queryKey }),
  });
  const all = invitations.data?.pages.flatMap(({ items }) => items);
  return (
    <Section title="Invitations" text="Each works once and expires after seven days.">
      {invitations.error && !all ? (
        <div className="card">
          <ErrorState error={invitations.error} retry={() => void invitations.refetch()} />
        </div>
      ) : !all ? (
        <RowsSkeleton rows={2} />
      ) : all.length === 0 ? (
        <div className="card">
          <EmptyState
            icon={<IconMailForward />}
            title="No open invitations"
            text="Invitations are listed here until they are accepted."
          />
        </div>
      ) : (
        <div className="card rows">
          {all.map(({ id, role, note, expiresAt }) => (
            <div className="row wrap" key={id}>
              <span className="row-words">
                <bdi className="row-title">{note || 'No note'}</bdi>
                <span className="row-text">
                  {roleNames[role]}, expires <Ago at={expiresAt} />
                </span>
              </span>
              <Button
                variant="default"
                size="xs"
                aria-label={`Withdraw the invitation ${isolated(note ?? '')}`.trim()}
                loading={withdraw.isPending && withdraw.variables === id}
                onClick={() => withdraw.mutate(id)}
              >
                Withdraw
              </Button>
            </div>
          ))}
          <LoadMore {...invitations} />
        </div>
      )}
    </Section>
  );
}

function InviteDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const { tenant } = useTenant();
  const [role, setRole] = useState<MemberRole>('viewer');
  const [note, setNote] = useState('');
  return (
    <CreateDialog
      opened={opened}
      title="Invite someone"
      submit="Create link"
      valid
      create={async () => {
        const body = { role, ...(note.trim() ? { note: note.trim() } : {}) };
        return (await valueOf(api.POST('/v1/tenants/{tenant}/invitations', { params: { path: { tenant } }, body })))
          .url;
      }}
      changes={invitationsQuery(tenant).queryKey}
      created={{
        title: 'Send this link',
        text: 'It is shown only once. It works for one person and expires after seven days. They sign in with Discord.',
        label: 'the link',
      }}
      leave={() => {
        close();
        setNote('');
      }}
    >
      <Radio.Group label="Role" value={role} onChange={setRole}>
        <Stack gap="sm" mt="xs">
          {roles.map((name) => (
            <Radio key={name} value={name} label={roleNames[name]} description={roleTexts[name]} />
          ))}
        </Stack>
      </Radio.Group>
      <TextInput
        label="Note"
        description="To tell invitations apart. Only your team sees it."
        placeholder="For Dana, who checks the audit log"
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        maxLength={80}
      />
    </CreateDialog>
  );
}
