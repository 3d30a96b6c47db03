import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { useTenant } from '../../app/access.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Section } from '../../parts/page.tsx';
import { done, failed } from '../../parts/toast.ts';

/** Stops the bot for a while. An owner cannot start a bot that an operator stopped. */
export function Pause({ status, byOperator }: { status: string | undefined; byOperator: boolean }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const settled = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['tenant', tenant] }),
      client.invalidateQueries({ queryKey: ['me'] }),
    ]);
  const suspend = useMutation({
    mutationFn: () =>
      api.POST('/v1/tenants/{tenant}/suspend', {
        params: { path: { tenant } },
        body: { reason: 'Suspended from the portal' },
      }),
    onSuccess: () => {
      close();
      done('The bot is stopped');
    },
    onError: failed,
    onSettled: settled,
  });
  const resume = useMutation({
    mutationFn: () => api.POST('/v1/tenants/{tenant}/resume', { params: { path: { tenant } } }),
    onSuccess: () => done('The bot is starting'),
    onError: failed,
    onSettled: settled,
  });
  return (
    <Section title="Pause" text="The bot goes offline. Its settings, policies and members stay as they are.">
      {status === 'suspended' && byOperator ? (
        <p className="note-line">An operator of this platform stopped the bot. Only an operator can start it again.</p>
      ) : status === 'suspended' ? (
        <Button loading={resume.isPending} onClick={() => resume.mutate()}>
          Start the bot again
        </Button>
      ) : (
        <Button variant="default" disabled={status !== 'active'} onClick={open}>
          Stop the bot
        </Button>
      )}
      <Confirm
        opened={asking}
        close={close}
        title="Stop the bot?"
        text="It leaves every voice channel and answers no commands until you start it again."
        action="Stop the bot"
        run={() => suspend.mutate()}
        running={suspend.isPending}
      />
    </Section>
  );
}
