import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { Link } from 'wouter';
import { Page } from '../parts/page.tsx';
import { EmptyState } from '../parts/states.tsx';

/** The same for what does not exist and for what the user may not know about. */
export default function NotFound() {
  return (
    <Page title="Not found">
      <div className="card">
        <EmptyState
          icon={<IconMapOff />}
          title="There is nothing at this address"
          text="It may have been deleted, or it belongs to a tenant that you are not a member of."
          action={
            <Button component={Link} href="/" variant="default">
              Go to your bots
            </Button>
          }
        />
      </div>
    </Page>
  );
}
