import { Alert, Button, PasswordInput, Text, Title } from '@mantine/core';
import { IconAlertCircle, IconBrandDiscordFilled, IconKey } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { address } from '../api/address.ts';
import { api } from '../api/client.ts';
import { hasCode, sentenceOf } from '../api/problem.ts';
import { drafts } from '../app/drafts.ts';
import { Bare } from '../app/shell.tsx';
import { Mark } from '../parts/brand.tsx';

/** Sentences for what the way back from Discord may say (?problem=). */
const problems: Readonly<Record<string, string>> = {
  'session.discord-denied': 'You did not let us know who you are. Nothing happened; try again whenever you like.',
  'session.state-mismatch': 'That sign-in was begun in another browser, or too long ago. Begin again.',
  'session.discord-refused': 'Discord did not accept this sign-in. Begin again.',
  'session.discord-unreachable': 'Discord does not answer at the moment. Try again shortly.',
};

/** A path of ours or nothing: what comes in by the address must not lead elsewhere. */
function localPath(text: string | null): string {
  if (!text || !/^\/(?![/\\])/.test(text)) return '/';
  const url = URL.parse(text, location.origin);
  return url?.origin === location.origin ? url.pathname + url.search + url.hash : '/';
}

/** Where everybody comes in: people with Discord, operators with the one-time sign-in that the start printed. */
export function SignIn() {
  const [search] = useSearchParams();
  const returnTo = localPath(search.get('returnTo'));
  const problem = search.get('problem');
  const [operator, setOperator] = useState(false);
  return (
    <Bare>
      <title>Sign in · Bailiwick</title>
      <div className="sign-in card">
        <Mark size={52} />
        <Title order={1} size="h2" mt="md">
          Your bot, your rules
        </Title>
        <Text c="dimmed" mt={6} mb="lg">
          Bring your music bot to life, and decide server by server who may do what with it.
        </Text>
        {drafts.any && (
          <Alert color="yellow" variant="light" mb="md" role="status" className="left">
            Your session ended. Sign in again: your changes are kept.
          </Alert>
        )}
        {problem && (
          <Alert color="red" variant="light" icon={<IconAlertCircle />} mb="md" role="alert" className="left">
            {problems[problem] ?? 'Signing in did not work. Begin again.'}
          </Alert>
        )}
        <Button
          component="a"
          href={address('/v1/auth/discord', { query: { returnTo } })}
          size="md"
          fullWidth
          leftSection={<IconBrandDiscordFilled size={20} aria-hidden />}
        >
          Sign in with Discord
        </Button>
        <Text size="xs" c="dimmed" mt="sm">
          We learn your Discord name, picture and id, and nothing else.
        </Text>
        <div className="sign-in-more">
          {operator ? (
            <OneTime returnTo={returnTo} />
          ) : (
            <Button variant="subtle" color="gray" size="xs" className="quiet" onClick={() => setOperator(true)}>
              I run this platform
            </Button>
          )}
        </div>
      </div>
    </Bare>
  );
}

/** What is too short to be one was not copied whole. */
const refusalOf = (error: unknown): string =>
  hasCode(error, 'http.invalid') ? 'A part of it is missing: copy all of it.' : sentenceOf(error);

function OneTime({ returnTo }: { returnTo: string }) {
  const [oneTimeToken, setToken] = useState('');
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const signIn = useMutation({
    mutationFn: () => api.POST('/v1/auth/one-time', { body: { oneTimeToken: oneTimeToken.trim() } }),
    onSuccess: () => {
      client.clear();
      navigate(returnTo, { replace: true });
    },
  });
  return (
    <form
      className="left"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate();
      }}
    >
      <PasswordInput
        label="One-time sign-in"
        description="The start of the platform printed it. It works once."
        value={oneTimeToken}
        onChange={(event) => setToken(event.currentTarget.value)}
        error={signIn.error ? refusalOf(signIn.error) : undefined}
        data-autofocus
        autoFocus
        autoComplete="one-time-code"
        required
        withAsterisk={false}
      />
      <Button
        type="submit"
        mt="sm"
        fullWidth
        variant="default"
        loading={signIn.isPending}
        leftSection={<IconKey size={16} aria-hidden />}
      >
        Sign in as operator
      </Button>
    </form>
  );
}
