import { Checkbox, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, valueOf } from '../../api/client.ts';
import { webhooksQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { CreateDialog } from '../../parts/create-dialog.tsx';
import { eventChoices, type EventChoice } from './events.ts';

export function CreateWebhook({ opened, close }: { opened: boolean; close: () => void }) {
  const { tenant } = useTenant();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [events, setEvents] = useState<EventChoice[]>(['track.started']);
  return (
    <CreateDialog
      opened={opened}
      title="Add a webhook"
      submit="Add the webhook"
      valid={url.trim() !== '' && events.length > 0}
      create={async () => {
        const body = { url: url.trim(), description: description.trim(), events };
        return (await valueOf(api.POST('/v1/tenants/{tenant}/webhooks', { params: { path: { tenant } }, body })))
          .secret;
      }}
      changes={webhooksQuery(tenant).queryKey}
      created={{
        title: 'Copy the secret now',
        text: 'Your server verifies events with it. It is encrypted, and never shown again.',
        label: 'the secret',
      }}
      leave={() => {
        close();
        setUrl('');
        setDescription('');
      }}
    >
      <TextInput
        label="Address"
        placeholder="https://example.com/bailiwick"
        description="Events are sent there with POST. It must be an https address on the public internet."
        value={url}
        onChange={(change) => setUrl(change.currentTarget.value)}
        maxLength={1_000}
        required
        withAsterisk={false}
        autoComplete="off"
        data-autofocus
      />
      <TextInput
        label="Description (optional)"
        value={description}
        onChange={(change) => setDescription(change.currentTarget.value)}
        maxLength={100}
      />
      <Checkbox.Group label="Events" value={events} onChange={setEvents}>
        <Stack gap="sm" mt="xs">
          {eventChoices.map(({ value, label, text }) => (
            <Checkbox key={value} value={value} label={label} description={text} />
          ))}
        </Stack>
      </Checkbox.Group>
    </CreateDialog>
  );
}
