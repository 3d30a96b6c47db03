import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client.ts';
import { sentenceOf } from '../../api/problem.ts';
import { useTenant } from '../../app/access.ts';
import { Section } from '../../parts/page.tsx';
import { done } from '../../parts/toast.ts';

/** Shown before there is a token: a link to the setup. */
export function NoToken() {
  const { tenant } = useTenant();
  return (
    <Section title="Discord token" text="There is none yet. You add it when you set up the bot.">
      <Button component={Link} href={`/t/${tenant}/onboarding`}>
        Set up the bot
      </Button>
    </Section>
  );
}

/** Replaces the token by another of the same application, after a reset at Discord. */
export function ReplaceToken() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const replace = useMutation({
    mutationFn: () =>
      api.PUT('/v1/tenants/{tenant}/token', { params: { path: { tenant } }, body: { token: token.trim() } }),
    onSuccess: async () => {
      setToken('');
      done('The new token is in use');
      await client.invalidateQueries({ queryKey: ['tenant', tenant] });
    },
  });
  return (
    <Section
      title="Discord token"
      text="After you reset the token in the Discord Developer Portal, paste the new one here. It must belong to the same application."
    >
      <form
        className="card pad inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          replace.mutate();
        }}
      >
        <PasswordInput
          label="New token"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={replace.error ? sentenceOf(replace.error) : undefined}
          maxLength={200}
          autoComplete="off"
        />
        <Button type="submit" disabled={token.trim() === ''} loading={replace.isPending}>
          Check and replace
        </Button>
      </form>
    </Section>
  );
}
