import { Alert, Button, PasswordInput, Text, Title } from '@mantine/core';
import { IconAlertCircle, IconBrandDiscordFilled, IconKey } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { address } from '../api/address.ts';
import { api } from '../api/client.ts';
import { hasCode, sentenceOf } from '../api/problem.ts';
import { drafts } from '../app/drafts.ts';
import { Bare } from '../app/shell.tsx';
import { Mark } from '../parts/brand.tsx';

/** Messages for the problems that a sign-in at Discord may return with (`?problem=`). */
const problems: Readonly<Record<string, string>> = {
  'session.discord-denied':
    'You did not authorize Bailiwick at Discord, so you are not signed in. You can try again at any time.',
  'session.state-mismatch': 'That sign-in was started in another browser or has expired. Sign in again.',
  'session.discord-refused': 'Discord did not accept this sign-in. Try again.',
  'session.discord-unreachable': 'Discord does not answer at the moment. Try again shortly.',
};

/** A path of this origin, else '/': prevents an open redirect. */
function localPath(text: string | null): string {
  if (!text || !/^\/(?![/\\])/.test(text)) return '/';
  const url = URL.parse(text, location.origin);
  return url?.origin === location.origin ? url.pathname + url.search + url.hash : '/';
}

/** Takes a one-time code from the fragment, and removes it from the address bar and the history at once. */
function codeOfAddress(): string {
  const code = location.hash.slice(1);
  if (code !== '') history.replaceState(history.state, '', location.pathname + location.search);
  return code;
}

/** For everybody: people and operators sign in with Discord, or an operator with a one-time code. */
export function SignIn() {
  const [search] = useSearchParams();
  const returnTo = localPath(search.get('returnTo'));
  const problem = search.get('problem');
  const [code, setCode] = useState(codeOfAddress);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    // Opening a link while this page is open changes only the fragment.
    const take = () => location.hash.length > 1 && setCode(codeOfAddress());
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  return (
    <Bare>
      <title>Sign in · Bailiwick</title>
      <div className="sign-in card">
        <Mark size={52} />
        <Title order={1} size="h2" mt="md">
          Your bot, your rules
        </Title>
        <Text c="dimmed" mt={6} mb="lg">
          Run your own music bot, and set permissions for each server.
        </Text>
        {drafts.any && (
          <Alert color="yellow" variant="light" mb="md" role="status" className="left">
            Your session ended. Sign in again: your changes are kept.
          </Alert>
        )}
        {problem && (
          <Alert color="red" variant="light" icon={<IconAlertCircle />} mb="md" role="alert" className="left">
            {problems[problem] ?? 'Signing in did not work. Try again.'}
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
          Bailiwick receives only your Discord name, picture and ID.
        </Text>
        <div className="sign-in-more">
          {asked || code !== '' ? (
            <OperatorSignIn key={code} returnTo={returnTo} code={code} />
          ) : (
            <Button variant="subtle" color="gray" size="xs" className="quiet" onClick={() => setAsked(true)}>
              Operator sign-in
            </Button>
          )}
        </div>
      </div>
    </Bare>
  );
}

/** A code that is too short was not copied completely. */
const refusalOf = (error: unknown): string =>
  hasCode(error, 'http.invalid') ? 'Part of the code is missing. Copy all of it.' : sentenceOf(error);

/** A link alone signs nobody in: the user still has to press the button. */
function OperatorSignIn({ returnTo, code }: { returnTo: string; code: string }) {
  const [oneTimeToken, setToken] = useState(code);
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
        label="One-time code"
        description={
          <>
            Run <code>bailiwick sign-in</code> on the machine that runs the platform. It works once.
          </>
        }
        value={oneTimeToken}
        onChange={(event) => setToken(event.currentTarget.value)}
        error={signIn.error ? refusalOf(signIn.error) : undefined}
        data-autofocus
        autoFocus={code === ''}
        autoComplete="one-time-code"
        required
        withAsterisk={false}
      />
      <Button
        type="submit"
        mt="sm"
        fullWidth
        variant="default"
        autoFocus={code !== ''}
        loading={signIn.isPending}
        leftSection={<IconKey size={16} aria-hidden />}
      >
        Sign in as operator
      </Button>
    </form>
  );
}
