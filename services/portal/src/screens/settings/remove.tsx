import { Button, List } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { api } from '../../api/client.ts';
import { everyMemberQuery, guildsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { forgetTenant } from '../../app/leave.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { isolated } from '../../parts/names.ts';
import { Section } from '../../parts/page.tsx';
import { done, failed } from '../../parts/toast.ts';
import { typeableFor } from '../../parts/typeable.ts';

/** Deletes a tenant, once its owner has read what is lost and typed the confirmation. */
export function Remove() {
  const { tenant, name } = useTenant();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const remove = useMutation({
    mutationFn: () => api.DELETE('/v1/tenants/{tenant}', { params: { path: { tenant } } }),
    onSuccess: ({ response }) => {
      const deletion = response.headers.get('deletion-id');
      if (response.status === 204 && deletion !== null)
        done(<Deleted name={name} deletion={deletion} />, { stays: true });
      else done(`${isolated(name)} is being deleted`);
      forgetTenant(client, tenant);
      navigate('/');
    },
    onError: failed,
  });
  return (
    <Section title="Delete" text="Deletes the bot and everything that belongs to it. This cannot be undone.">
      <Button variant="outline" color="red.8" className="danger-button" onClick={open}>
        Delete this tenant
      </Button>
      <Confirm
        opened={asking}
        close={close}
        title={`Delete ${isolated(name)}?`}
        text={<WhatIsLost />}
        action="Delete permanently"
        run={() => remove.mutate()}
        running={remove.isPending}
        typed={typeableFor(name, 'delete')}
      />
    </Section>
  );
}

/** The certificate is no longer found from the tenant's pages, since they are gone. */
const Deleted = ({ name, deletion }: { name: string; deletion: string }) => (
  <>
    {isolated(name)} was deleted.{' '}
    <a href={`/v1/deletions/${deletion}/certificate`} download className="text-link">
      Download the certificate
    </a>
  </>
);

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

function WhatIsLost() {
  const { tenant } = useTenant();
  const servers = useQuery(guildsQuery(tenant)).data?.length;
  const members = useQuery(everyMemberQuery(tenant)).data?.length;
  return (
    <>
      This is lost for good:
      <List size="sm" my="xs" spacing={2}>
        <List.Item>
          The bot stops{servers !== undefined && servers > 0 && ` in ${count(servers, 'server', 'servers')}`}, and its
          Discord token is destroyed.
        </List.Item>
        <List.Item>All policies with their history, and all queues.</List.Item>
        <List.Item>
          Access for {members === undefined ? 'all members' : count(members, 'member', 'members')}, open invitations and
          API keys.
        </List.Item>
        <List.Item>
          Your access to the audit log.{' '}
          <Link href={`/t/${tenant}/audit`} className="text-link">
            Export it first
          </Link>{' '}
          if you need it.
        </List.Item>
      </List>
    </>
  );
}
