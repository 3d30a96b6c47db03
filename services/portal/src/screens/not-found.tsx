import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { Link } from 'wouter';
import { Page } from '../parts/page.tsx';
import { EmptyState } from '../parts/states.tsx';

/** What does not exist and what one may not know about look the same. */
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
