import { IconWebhook } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { webhooksQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';

/** Tells on the overview that events do not arrive. Renders nothing if all is well. */
export function UnwellWebhooks() {
  const { tenant, can } = useTenant();
  const { data } = useQuery({ ...webhooksQuery(tenant), enabled: can('webhook.read') });
  const unwell = data?.items.filter(({ failingSince }) => failingSince !== null) ?? [];
  if (unwell.length === 0) return null;
  const disabled = unwell.filter(({ enabled }) => !enabled).length;
  return (
    <p className="note-line">
      <IconWebhook size={16} aria-hidden />{' '}
      <span>
        {unwell.length === 1
          ? 'Events do not arrive at a webhook'
          : `Events do not arrive at ${unwell.length} webhooks`}
        {disabled > 0 && `; ${disabled === 1 ? 'one is' : `${disabled} are`} disabled`}.{' '}
        <Link className="text-link" href={`/t/${tenant}/webhooks`}>
          See why
        </Link>
      </span>
    </p>
  );
}
