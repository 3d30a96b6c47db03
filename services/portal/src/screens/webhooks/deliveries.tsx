import { Button } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { webhookDeliveriesQuery } from '../../api/queries.ts';
import type { WebhookDelivery } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { LoadMore } from '../../parts/load-more.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { done, failed } from '../../parts/toast.ts';
import { eventName } from './events.ts';

const followEveryMs = 3_000;

const states = {
  waiting: ['warn', 'Waiting'],
  delivered: ['good', 'Delivered'],
  failed: ['bad', 'Failed'],
} as const satisfies Record<WebhookDelivery['status'], readonly [Tone, string]>;

/** What was sent to one webhook, newest first. */
export function Deliveries({ webhook }: { webhook: string }) {
  const { tenant } = useTenant();
  const deliveries = useInfiniteQuery({ ...webhookDeliveriesQuery(tenant, webhook), refetchInterval: followEveryMs });
  const all = deliveries.data?.pages.flatMap(({ items }) => items);
  if (deliveries.error && !all) return <ErrorState error={deliveries.error} retry={() => void deliveries.refetch()} />;
  if (!all) return <RowsSkeleton rows={2} height={64} />;
  if (all.length === 0) return <p className="row dimmed">Nothing was sent in the last seven days.</p>;
  return (
    <>
      {all.map((delivery) => (
        <DeliveryRow key={delivery.id} webhook={webhook} value={delivery} />
      ))}
      <LoadMore {...deliveries} />
    </>
  );
}

function DeliveryRow({ webhook, value }: { webhook: string; value: WebhookDelivery }) {
  const { tenant, can } = useTenant();
  const client = useQueryClient();
  const replay = useMutation({
    mutationFn: () =>
      api.POST('/v1/tenants/{tenant}/webhooks/{webhook}/deliveries/{delivery}/replay', {
        params: { path: { tenant, webhook, delivery: value.id } },
      }),
    onSuccess: () => done('It is sent again'),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: webhookDeliveriesQuery(tenant, webhook).queryKey }),
  });
  const [tone, word] = states[value.status];
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">{eventName(value.type)}</span>
        <span className="row-text">
          <Ago at={value.createdAt} />
          {value.attempts > 0 && ` · attempted ${value.attempts === 1 ? 'once' : `${value.attempts} times`}`}
          {value.responseStatus !== null && ` · answered ${value.responseStatus}`}
        </span>
        {value.fault && (
          <span className="row-text">
            {value.fault}
            {value.nextAttemptAt && (
              <>
                {' '}
                Again <Ago at={value.nextAttemptAt} />.
              </>
            )}
          </span>
        )}
        {value.excerpt && (
          <span className="row-text">
            It said: <bdi>{value.excerpt}</bdi>
          </span>
        )}
      </span>
      <Status tone={tone}>{word}</Status>
      {can('webhook.write') && value.status !== 'waiting' && (
        <Button
          variant="default"
          size="xs"
          onClick={() => replay.mutate()}
          loading={replay.isPending}
          aria-label={`Replay ${eventName(value.type)}`}
        >
          Replay
        </Button>
      )}
    </div>
  );
}
