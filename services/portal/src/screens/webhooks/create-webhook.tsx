import { Button, Checkbox, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, valueOf } from '../../api/client.ts';
import { sentenceOf } from '../../api/problem.ts';
import { webhooksQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { ShownOnce } from '../../parts/secret.tsx';
import { eventChoices, type EventChoice } from './events.ts';

export function CreateWebhook({ opened, close }: { opened: boolean; close: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [events, setEvents] = useState<EventChoice[]>(['track.started']);
  const create = useMutation({
    mutationFn: () =>
      valueOf(
        api.POST('/v1/tenants/{tenant}/webhooks', {
          params: { path: { tenant } },
          body: { url: url.trim(), description: description.trim(), events },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: webhooksQuery(tenant).queryKey }),
  });
  const leave = () => {
    close();
    create.reset();
    setUrl('');
    setDescription('');
  };
  return (
    <Modal opened={opened} onClose={leave} title={create.data ? 'Copy the secret now' : 'Add a webhook'}>
      {create.data ? (
        <ShownOnce
          text="Your server verifies events with it. It is encrypted, and never shown again."
          value={create.data.secret}
          label="the secret"
          done={leave}
        />
      ) : (
        <form
          className="form"
          onSubmit={(submitted) => {
            submitted.preventDefault();
            create.mutate();
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
            label="Description, if you like"
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
          {create.error && (
            <Text c="var(--mantine-color-error)" size="sm" role="alert">
              {sentenceOf(create.error)}
            </Text>
          )}
          <div className="form-actions">
            <Button variant="default" onClick={leave}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={url.trim() === '' || events.length === 0}>
              Add the webhook
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}
