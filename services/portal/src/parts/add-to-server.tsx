import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconExternalLink } from '@tabler/icons-react';
import { tenantQuery } from '../api/queries.ts';
import { useTenant } from '../app/access.ts';

/** A link to Discord's page for adding the bot to a server. Renders nothing until there is a bot. */
export function AddToServer({ primary = false }: { primary?: boolean }) {
  const { tenant } = useTenant();
  const url = useQuery(tenantQuery(tenant)).data?.inviteUrl;
  if (!url) return null;
  return (
    <Button
      component="a"
      href={url}
      target="_blank"
      rel="noreferrer"
      variant={primary ? 'filled' : 'default'}
      rightSection={<IconExternalLink size={16} aria-label="(opens Discord in a new tab)" />}
    >
      Add to a server
    </Button>
  );
}
