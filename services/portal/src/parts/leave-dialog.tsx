import { Button, Modal, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { everyMemberQuery } from '../api/queries.ts';
import { useMe, useTenant } from '../app/access.ts';
import { forgetTenant } from '../app/leave.ts';
import { Confirm } from './confirm.tsx';
import { isolated } from './names.ts';
import { done, failed } from './toast.ts';

/** Leaving the current tenant; the last owner is told why they cannot. */
export function LeaveDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const { tenant, name, role } = useTenant();
  const me = useMe();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const { data } = useQuery({ ...everyMemberQuery(tenant), enabled: opened, staleTime: 0 });
  const owners = data?.filter((member) => member.role === 'owner');
  const leave = useMutation({
    mutationFn: () =>
      api.DELETE('/v1/tenants/{tenant}/members/{subject}', { params: { path: { tenant, subject: me.subject } } }),
    onSuccess: () => {
      done(`You left ${isolated(name)}`);
      forgetTenant(client, tenant);
      navigate('/');
    },
    onError: failed,
  });
  if (role === 'owner' && owners?.length === 1)
    return (
      <Modal opened={opened} onClose={close} title="You are the last owner">
        <div className="form">
          <Text>A tenant needs an owner. Make another member an owner first, or delete the tenant.</Text>
          <div className="form-actions">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button component={Link} href={`/t/${tenant}/settings`} onClick={close}>
              Go to settings
            </Button>
          </div>
        </div>
      </Modal>
    );
  return (
    <Confirm
      opened={opened}
      close={close}
      title={`Leave ${isolated(name)}?`}
      text="You lose access immediately, and API keys that you created stop working. To come back, you need a new invitation."
      action="Leave"
      run={() => leave.mutate()}
      running={leave.isPending}
    />
  );
}
