import { Button, Text, TextInput, Title } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, valueOf } from '../api/client.ts';
import { sentenceOf } from '../api/problem.ts';
import { useMe } from '../app/access.ts';

/** The first step: a name. Every later step has its own URL, so that the user can come back to it. */
export default function Welcome() {
  const me = useMe();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const create = useMutation({
    mutationFn: () => valueOf(api.POST('/v1/tenants', { body: { name: name.trim() } })),
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: ['me'] });
      navigate(`/t/${id}/onboarding`);
    },
  });
  return (
    <div className="card sign-in left-card">
      <title>Add a bot · Bailiwick</title>
      <Title order={1} size="h2">
        {me.tenants.length === 0 ? (
          <>
            Welcome, <bdi>{me.name}</bdi>
          </>
        ) : (
          'Add another bot'
        )}
      </Title>
      <Text c="dimmed" mt={6} mb="lg">
        Your bot will be playing in a voice channel within a minute. First, name the community, label or company that it
        is for.
      </Text>
      {me.mayCreateTenants ? (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate();
          }}
        >
          <TextInput
            label="Name"
            description="Only your team sees it, and you can change it later. Your bot keeps its own name in Discord."
            placeholder="Harmony Records"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={80}
            error={create.error ? sentenceOf(create.error) : undefined}
            required
            withAsterisk={false}
            autoFocus
            data-autofocus
          />
          <Button type="submit" loading={create.isPending} rightSection={<IconArrowRight size={18} aria-hidden />}>
            Continue
          </Button>
        </form>
      ) : (
        <Text>You already own the maximum number of bots. Ask an operator of this platform for more.</Text>
      )}
    </div>
  );
}
