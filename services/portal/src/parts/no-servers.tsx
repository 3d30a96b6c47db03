import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { tenantQuery } from '../api/queries.ts';
import { useTenant } from '../app/access.ts';
import { EmptyState } from './states.tsx';

/** Why there is no server to show, which depends on how far the bot is, and what to do about it. */
export function NoServers({ icon, text }: { icon: ReactNode; text: string }) {
  const { tenant, can } = useTenant();
  const state = useQuery(tenantQuery(tenant)).data?.state;
  const to = (label: string) =>
    can('tenant.update') && (
      <Button component={Link} href={`/t/${tenant}/onboarding`} variant="default">
        {label}
      </Button>
    );
  switch (state?.kind) {
    case 'not-set-up':
      return <EmptyState icon={icon} title="No bot yet" text={text} action={to('Bring the bot')} />;
    case undefined:
    case 'ready':
    case 'not-in-any-server':
      return <EmptyState icon={icon} title="In no server yet" text={text} action={to('To the invitation')} />;
    case 'suspended':
      return (
        <EmptyState
          icon={icon}
          title="The bot is stopped"
          text="While it is, nobody can tell in which servers it is. They are here again as soon as it runs."
        />
      );
    default:
      return <EmptyState icon={icon} title="No servers to show" text={state?.sentence} />;
  }
}
