import { Button } from '@mantine/core';
import { useTimeout } from '@mantine/hooks';
import { IconTrashX, IconUserOff } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { endWithinMs } from '../api/events.ts';
import type { LossReason } from '../app/lost-tenants.ts';
import { Page } from '../parts/page.tsx';
import { EmptyState, PageSkeleton } from '../parts/states.tsx';

/** Shown in an open tab once its tenant is deleted or the user's access ends. Sends no requests. */
export default function TenantLost({ name, reason }: { name: string; reason: LossReason }) {
  const [isSure, setSure] = useState(false);
  useTimeout(() => setSure(true), endWithinMs, { autoInvoke: true });
  // The stream may still report the reason.
  if (reason === 'unknown' && !isSure) return <PageSkeleton />;
  const home = (
    <Button component={Link} href="/">
      Go to your bots
    </Button>
  );
  return (
    <Page title={name}>
      <div className="card" role="alert">
        {reason === 'deleted' ? (
          <EmptyState
            icon={<IconTrashX />}
            title="This tenant was deleted"
            text="Its bot has stopped, and its policies, members and keys are gone. Nobody can bring it back."
            action={home}
          />
        ) : (
          <EmptyState
            icon={<IconUserOff />}
            title="You no longer have access"
            text="You were removed from this tenant, or it was deleted. If you still need it, ask one of its owners for an invitation."
            action={home}
          />
        )}
      </div>
    </Page>
  );
}
