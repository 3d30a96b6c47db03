import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { webhooksQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { Page } from '../../parts/page.tsx';
import { RoleNeeded } from '../../parts/role-needed.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { CreateWebhook } from './create-webhook.tsx';
import { WebhookCard } from './webhook-card.tsx';

/** A webhook may be disabled at any time. */
const followEveryMs = 10_000;
const mostWebhooks = 10;

/** Where this bot's events are sent, and what was sent. */
export default function Webhooks() {
  const { tenant, can } = useTenant();
  const { data, error, refetch } = useQuery({ ...webhooksQuery(tenant), refetchInterval: followEveryMs });
  const [creating, { open, close }] = useDisclosure(false);
  const all = data?.items;
  return (
    <Page
      title="Webhooks"
      text="Have events of this bot sent to your own server, signed so that it can verify them."
      actions={
        can('webhook.write') && (
          <Button
            onClick={open}
            leftSection={<IconPlus size={18} aria-hidden />}
            disabled={(all?.length ?? 0) >= mostWebhooks}
          >
            Add a webhook
          </Button>
        )
      }
    >
      {error && !all ? (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      ) : !all ? (
        <RowsSkeleton rows={2} height={96} />
      ) : all.length === 0 ? (
        <div className="card">
          <EmptyState
            icon={<IconWebhook />}
            title="No webhooks yet"
            text={
              <>
                The{' '}
                <a className="text-link" href="/docs">
                  API reference
                </a>{' '}
                describes what is sent and how to verify it.
              </>
            }
          />
        </div>
      ) : (
        all.map((webhook) => <WebhookCard key={webhook.id} value={webhook} />)
      )}
      <RoleNeeded action="webhook.write" to="add or change webhooks" />
      <CreateWebhook opened={creating} close={close} />
    </Page>
  );
}
