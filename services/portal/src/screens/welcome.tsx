import { Button, Text, TextInput, Title } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, valueOf } from '../api/client.ts';
import { sentenceOf } from '../api/problem.ts';
import { useMe } from '../app/access.ts';

/** The first step: a name. Everything after it has an address of its own, so that one can come back. */
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
      <title>Bring your bot · Bailiwick</title>
      <Title order={1} size="h2">
        {me.tenants.length === 0 ? `Welcome, ${me.name}` : 'Bring another bot'}
      </Title>
      <Text c="dimmed" mt={6} mb="lg">
        In a minute your bot stands in a voice channel and plays. First, what is it for: a community, a label, a
        company?
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
            description="Only your team sees it. Your bot keeps its own name in Discord."
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
        <Text>You own as many bots as one person may. Ask an operator of this platform for more.</Text>
      )}
    </div>
  );
}
