import { Button, List, PasswordInput, Text } from '@mantine/core';
import { IconExternalLink, IconShieldLock } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { sentenceOf } from '../../api/problem.ts';
import type { OnboardingState } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { ofToken } from './checks.ts';

/** The form for the token, with where to find it; a stored token is never shown again. */
export function TokenForm({ state, went }: { state: OnboardingState; went: () => void }) {
  const { tenant } = useTenant();
  const [token, setToken] = useState('');
  const begin = useMutation({
    mutationFn: (pasted: string) =>
      api.POST('/v1/tenants/{tenant}/onboarding', { params: { path: { tenant } }, body: { token: pasted.trim() } }),
    onSuccess: (_, pasted) => {
      setToken((typed) => (typed === pasted ? '' : typed));
      went();
    },
  });
  const faulty = state.checks.some((check) => ofToken.has(check.id) && check.state === 'failed');
  const wanted =
    state.checks.length === 0 || faulty || state.checks.find(({ id }) => id === 'token')?.state === 'needs-you';
  if (!wanted) return null;
  return (
    <div className="card token-card">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          begin.mutate(token);
        }}
      >
        <PasswordInput
          label="Token of the bot"
          description="It is encrypted with your own key. Not even your bot's process can see it."
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={begin.error ? sentenceOf(begin.error) : undefined}
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
        />
        <Button
          type="submit"
          className="fit"
          loading={begin.isPending}
          leftSection={<IconShieldLock size={18} aria-hidden />}
        >
          {faulty ? 'Check this token' : 'Check and start'}
        </Button>
      </form>
      <Guide portal={state.developerPortal} />
    </div>
  );
}

/** Where to find the token: at Discord, or in the sandbox that replaces it. */
function Guide({ portal }: { portal: OnboardingState['developerPortal'] }) {
  const { url, sandbox } = portal;
  return (
    <div className="guide">
      <h2 className="stage-title">Where to find it</h2>
      <List type="ordered" size="sm" spacing={6} mt={8}>
        <List.Item>
          Open the{' '}
          <a className="text-link" href={url} target="_blank" rel="noreferrer">
            {sandbox ? 'sandbox developer portal' : 'Discord Developer Portal'}
            <IconExternalLink size={13} className="inline-icon" aria-label="(opens a new tab)" />
          </a>{' '}
          and {sandbox ? 'create an application' : 'choose your application, or create a new one'}.
        </List.Item>
        {sandbox ? (
          <List.Item>
            Press <b>Copy</b> next to its token. For an existing application, press <b>Reset token</b> first.
          </List.Item>
        ) : (
          <>
            <List.Item>
              Under <b>Bot</b>, press <b>Reset Token</b> and copy what appears.
            </List.Item>
            <List.Item>
              Under <b>General Information</b>, leave <b>Interactions Endpoint URL</b> empty.
            </List.Item>
          </>
        )}
      </List>
      <Text size="sm" c="dimmed" mt={10}>
        {sandbox
          ? 'This platform is connected to the sandbox, a simulated Discord. Tokens from discord.com do not work here.'
          : 'Your bot needs no privileged intents.'}
      </Text>
    </div>
  );
}
