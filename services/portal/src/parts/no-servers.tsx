import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { tenantQuery } from '../api/queries.ts';
import { useTenant } from '../app/access.ts';
import { AddToServer } from './add-to-server.tsx';
import { EmptyState } from './states.tsx';

/** Why there is no server to show, which depends on the bot's state, and what to do about it. */
export function NoServers({ icon, text }: { icon: ReactNode; text: string }) {
  const { tenant, can } = useTenant();
  const state = useQuery(tenantQuery(tenant)).data?.state;
  switch (state?.kind) {
    case 'not-set-up':
      return (
        <EmptyState
          icon={icon}
          title="No bot yet"
          text={text}
          action={
            can('tenant.update') && (
              <Button component={Link} href={`/t/${tenant}/onboarding`} variant="default">
                Set up the bot
              </Button>
            )
          }
        />
      );
    case undefined:
    case 'ready':
    case 'not-in-any-server':
      return <EmptyState icon={icon} title="Not in any server yet" text={text} action={<AddToServer primary />} />;
    case 'suspended':
      return (
        <EmptyState
          icon={icon}
          title="The bot is stopped"
          text="Its servers are not known while it is stopped. They appear here again once it runs."
        />
      );
    default:
      return <EmptyState icon={icon} title="No servers to show" text={state?.sentence} action={<AddToServer />} />;
  }
}
