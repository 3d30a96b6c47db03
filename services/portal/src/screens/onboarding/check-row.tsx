import { Button, Loader } from '@mantine/core';
import {
  IconAlertCircle,
  IconCheck,
  IconCircleDashed,
  IconExternalLink,
  IconHandClick,
  IconRefresh,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../../api/client.ts';
import { tenantQuery } from '../../api/queries.ts';
import type { Check } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { failed } from '../../parts/toast.ts';
import { ofToken } from './checks.ts';
import { PlaceChoice } from './place-choice.tsx';

const icons: Readonly<Record<Check['state'], ReactNode>> = {
  waiting: <IconCircleDashed size={20} />,
  running: <Loader size={18} />,
  passed: <IconCheck size={20} />,
  failed: <IconAlertCircle size={20} />,
  'needs-you': <IconHandClick size={20} />,
};

const words: Readonly<Record<Check['state'], string>> = {
  waiting: 'Waiting',
  running: 'Checking',
  passed: 'Passed',
  failed: 'Failed',
  'needs-you': 'Needs your action',
};

/** One check: what it found, and what the user can do about it. */
export function CheckRow({ check, went }: { check: Check; went: () => void }) {
  const { tenant, can } = useTenant();
  const retry = useMutation({
    mutationFn: () =>
      api.POST('/v1/tenants/{tenant}/onboarding/checks/{check}/retry', {
        params: { path: { tenant, check: check.id } },
      }),
    onSuccess: went,
    onError: failed,
  });
  const { data: state } = useQuery(tenantQuery(tenant));
  // A refused token is not stored, so it cannot be retried; it has to be pasted again above.
  const mayRetry =
    check.state === 'failed' && can('tenant.update') && !(ofToken.has(check.id) && !state?.tenant.applicationId);
  const asksForPlace = check.state === 'needs-you' && check.data?.guilds !== undefined;
  return (
    <li className="check" data-state={check.state}>
      <span className="check-icon" role="img" aria-label={words[check.state]}>
        {icons[check.state]}
      </span>
      <div className="row-words">
        <span className="check-title">{check.title}</span>
        {check.detail && <span className="row-text">{check.detail}</span>}
        {check.fix && <span className="check-fix">{check.fix}</span>}
        {check.state !== 'passed' && check.data?.inviteUrl && (
          <Button
            component="a"
            href={check.data.inviteUrl}
            target="_blank"
            rel="noreferrer"
            mt={8}
            className="fit"
            rightSection={<IconExternalLink size={16} aria-hidden />}
          >
            Invite the bot to a server
          </Button>
        )}
        {asksForPlace && can('tenant.update') && <PlaceChoice guilds={check.data?.guilds ?? []} went={went} />}
      </div>
      {mayRetry && (
        <Button
          variant="default"
          size="xs"
          loading={retry.isPending}
          onClick={() => retry.mutate()}
          leftSection={<IconRefresh size={14} aria-hidden />}
          aria-label={`Try again: ${check.title}`}
        >
          Try again
        </Button>
      )}
    </li>
  );
}
