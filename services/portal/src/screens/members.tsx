import { ActionIcon, Avatar, Button, Menu, Modal, NativeSelect, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDotsVertical, IconMailForward, IconUserPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { memberRoles, type MemberRole } from '#policies/roles.ts';
import { api, valueOf } from '../api/client.ts';
import { sentenceOf } from '../api/problem.ts';
import { invitationsQuery, membersQuery } from '../api/queries.ts';
import type { Member } from '../api/types.ts';
import { useMe, useTenant } from '../app/access.ts';
import { roleNames, roleTexts } from '../app/words.ts';
import { Confirm } from '../parts/confirm.tsx';
import { LoadMore } from '../parts/load-more.tsx';
import { Page, Section } from '../parts/page.tsx';
import { ShownOnce } from '../parts/secret.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { done, failed } from '../parts/toast.ts';

const roles = Object.keys(memberRoles) as MemberRole[];
const nameOf = ({ name, subject }: Member): string => name ?? subject.replace(/^discord:/, 'Discord user ');

/** Who belongs to the tenant, as what, and who is invited. */
export default function Members() {
  const { tenant, can } = useTenant();
  const members = useInfiniteQuery(membersQuery(tenant));
  const [inviting, { open, close }] = useDisclosure(false);
  const all = members.data?.pages.flatMap(({ items }) => items);
  return (
    <Page
      title="Members"
      text="People who work on this bot here. What members of your servers may do is in the policies."
      actions={
        can('member.write') && (
          <Button onClick={open} leftSection={<IconUserPlus size={18} aria-hidden />}>
            Invite somebody
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
  const params = { path: { tenant, subject } };
  const settled = async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: membersQuery(tenant).queryKey }),
      client.invalidateQueries({ queryKey: ['me'] }),
    ]);
  };
  const change = useMutation({
    mutationFn: (role: MemberRole) => api.PUT('/v1/tenants/{tenant}/members/{subject}', { params, body: { role } }),
    onSuccess: (_, role) => done(`${nameOf(member)} is ${roleNames[role].toLowerCase()} now`),
    onError: failed,
    onSettled: settled,
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE('/v1/tenants/{tenant}/members/{subject}', { params }),
    onSuccess: () => {
      close();
      done(`${nameOf(member)} was removed`);
    },
    onError: failed,
    onSettled: settled,
  });
  return (
    <div className="row member">
      <Avatar src={member.avatarUrl ?? null} name={nameOf(member)} alt="" radius="xl" color="iris" />
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
            aria-label={`Role of ${nameOf(member)}`}
            value={member.role}
            disabled={change.isPending}
            onChange={(event) => change.mutate(event.currentTarget.value as MemberRole)}
            data={roles.map((role) => ({ value: role, label: roleNames[role] }))}
          />
        ) : (
          <span className="tag">{roleNames[member.role]}</span>
        )}
        {can('member.write') && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size={36} aria-label={`More about ${nameOf(member)}`}>
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
      <Confirm
        opened={removing}
        close={close}
        title={mine ? 'Leave this tenant?' : `Remove ${nameOf(member)}?`}
        text={mine ? 'You lose access at once.' : 'They lose access at once. You can invite them again.'}
        action={mine ? 'Leave' : 'Remove'}
        run={() => remove.mutate()}
        running={remove.isPending}
      />
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
    <Section title="Invitations" text="Each works once, and for seven days.">
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
            title="Nobody is invited"
            text="Open invitations stand here until they are used."
          />
        </div>
      ) : (
        <div className="card rows">
          {all.map(({ id, role, note, expiresAt }) => (
            <div className="row" key={id}>
              <span className="row-words">
                <span className="row-title">{note || 'Without a note'}</span>
                <span className="row-text">
                  {roleNames[role]}, ends <Ago at={expiresAt} />
                </span>
              </span>
              <Button
                variant="default"
                size="xs"
                aria-label={`Withdraw the invitation ${note ?? ''}`}
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
  const client = useQueryClient();
  const [role, setRole] = useState<MemberRole>('viewer');
  const [note, setNote] = useState('');
  const invite = useMutation({
    mutationFn: () =>
      valueOf(
        api.POST('/v1/tenants/{tenant}/invitations', {
          params: { path: { tenant } },
          body: { role, ...(note.trim() ? { note: note.trim() } : {}) },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: invitationsQuery(tenant).queryKey }),
  });
  const leave = () => {
    close();
    invite.reset();
    setNote('');
  };
  return (
    <Modal opened={opened} onClose={leave} title={invite.data ? 'Send them this link' : 'Invite somebody'}>
      {invite.data ? (
        <ShownOnce
          text="It is shown only now, works once, and for seven days. Whoever opens it signs in with Discord."
          value={invite.data.url}
          label="the link"
          done={leave}
        />
      ) : (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            invite.mutate();
          }}
        >
          <Radio.Group label="As" value={role} onChange={setRole}>
            <Stack gap="sm" mt="xs">
              {roles.map((name) => (
                <Radio key={name} value={name} label={roleNames[name]} description={roleTexts[name]} />
              ))}
            </Stack>
          </Radio.Group>
          <TextInput
            label="Note"
            description="To tell invitations apart; only your team sees it."
            placeholder="For Dana, who checks the audit log"
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            maxLength={80}
          />
          {invite.error && (
            <Text c="var(--mantine-color-error)" size="sm" role="alert">
              {sentenceOf(invite.error)}
            </Text>
          )}
          <div className="form-actions">
            <Button variant="default" onClick={leave}>
              Cancel
            </Button>
            <Button type="submit" loading={invite.isPending}>
              Make the link
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}
