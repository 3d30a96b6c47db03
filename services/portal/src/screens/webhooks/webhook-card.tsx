import { ActionIcon, Button, Menu, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDotsVertical } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, valueOf } from '../../api/client.ts';
import { webhookDeliveriesQuery, webhooksQuery } from '../../api/queries.ts';
import type { Webhook } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { ShownOnce } from '../../parts/secret.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { done, failed } from '../../parts/toast.ts';
import { Deliveries } from './deliveries.tsx';
import { eventName } from './events.ts';

const path = '/v1/tenants/{tenant}/webhooks/{webhook}';
const hostOf = ({ url }: Webhook): string => URL.parse(url)?.host ?? url;

/** One webhook: its state, what can be done with it and, if opened, what was sent. */
export function WebhookCard({ value }: { value: Webhook }) {
  const { can } = useTenant();
  const [opened, { toggle, open }] = useDisclosure(false);
  const test = useTest(value, open);
  return (
    <section className="card rows" aria-label={`Webhook to ${hostOf(value)}`}>
      <div className="row wrap">
        <span className="row-words">
          <bdi className="row-title">{value.description || hostOf(value)}</bdi>
          <bdi className="row-text">{value.url}</bdi>
          <State value={value} />
        </span>
        <span className="tags">
          {value.events.map((type) => (
            <span key={type} className="tag">
              {eventName(type)}
            </span>
          ))}
        </span>
        <span className="row-end">
          {can('webhook.write') && (
            <Button variant="default" size="xs" onClick={() => test.mutate()} loading={test.isPending}>
              Send a test
            </Button>
          )}
          <Button variant="default" size="xs" onClick={toggle} aria-expanded={opened}>
            {opened ? 'Hide deliveries' : 'Deliveries'}
          </Button>
          {can('webhook.write') && <Actions value={value} />}
        </span>
      </div>
      {opened && <Deliveries webhook={value.id} />}
    </section>
  );
}

function State({ value: { enabled, disabledBecause, failingSince } }: { value: Webhook }) {
  if (!enabled)
    return (
      <span className="row-text">
        <Status tone="bad">Disabled</Status> {disabledBecause}
      </span>
    );
  if (failingSince === null) return null;
  return (
    <span className="row-text">
      <Status tone="warn">Failing</Status> It began to fail <Ago at={failingSince} />. After three days it is disabled.
    </span>
  );
}

function useRefresh() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: webhooksQuery(tenant).queryKey });
}

function useTest({ id }: Webhook, show: () => void) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.POST(`${path}/test`, { params: { path: { tenant, webhook: id } } }),
    onSuccess: show,
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: webhookDeliveriesQuery(tenant, id).queryKey }),
  });
}

function Actions({ value }: { value: Webhook }) {
  const { tenant } = useTenant();
  const refresh = useRefresh();
  const [removing, { open: askRemoval, close: leaveRemoval }] = useDisclosure(false);
  const [rotating, { open: askRotation, close: leaveRotation }] = useDisclosure(false);
  const at = { params: { path: { tenant, webhook: value.id } } };
  const enable = useMutation({
    mutationFn: (enabled: boolean) => api.PATCH(path, { ...at, body: { enabled } }),
    onSuccess: (_, enabled) => done(enabled ? 'Events are sent again' : 'Nothing is sent any more'),
    onError: failed,
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE(path, at),
    onSuccess: () => {
      leaveRemoval();
      done('The webhook was removed');
    },
    onError: failed,
    onSettled: refresh,
  });
  const rotate = useMutation({
    mutationFn: () => valueOf(api.POST(`${path}/secret`, at)),
    onSuccess: leaveRotation,
    onError: failed,
    onSettled: refresh,
  });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Actions for ${hostOf(value)}`}>
            <IconDotsVertical size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => enable.mutate(!value.enabled)}>{value.enabled ? 'Disable' : 'Enable'}</Menu.Item>
          <Menu.Item onClick={askRotation}>Replace the secret</Menu.Item>
          <Menu.Item className="danger-item" onClick={askRemoval}>
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={rotating}
        close={leaveRotation}
        title="Replace the secret?"
        text="For one day, events are also signed with the current secret, so that you can change your server in the meantime."
        action="Replace"
        run={() => rotate.mutate()}
        running={rotate.isPending}
      />
      <Modal opened={rotate.data !== undefined} onClose={() => rotate.reset()} title="Copy the secret now">
        <ShownOnce
          text="Your server verifies events with it. It is encrypted, and never shown again."
          value={rotate.data?.secret ?? ''}
          label="the secret"
          done={() => rotate.reset()}
        />
      </Modal>
      <Confirm
        opened={removing}
        close={leaveRemoval}
        title={`Remove the webhook to ${hostOf(value)}?`}
        text="Nothing more is sent there, and what was sent is no longer shown."
        action="Remove"
        run={() => remove.mutate()}
        running={remove.isPending}
      />
    </>
  );
}
