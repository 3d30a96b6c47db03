import { Button, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api, valueOf } from '../api/client.ts';
import { Problem, sentenceOf } from '../api/problem.ts';
import { fragment } from '../app/fragment.ts';

/** The token stands behind the # of the link, which no server and no log gets to see. */
const tokenOfAddress = (): string => fragment.take() || new URLSearchParams(location.search).get('token') || '';

/** Somebody was invited: accepting is a press of a button, not the opening of a link. */
export default function Invitation() {
  const [token] = useState(tokenOfAddress);
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const accept = useMutation({
    mutationFn: () => valueOf(api.POST('/v1/invitations/accept', { body: { token } })),
    onSuccess: async ({ tenant }) => {
      await client.invalidateQueries({ queryKey: ['me'] });
      navigate(`/t/${tenant.id}`, { replace: true });
    },
  });
  const refusal =
    token === ''
      ? 'A part of the link is missing. Ask for it again, and copy all of it.'
      : accept.error instanceof Problem && accept.error.status === 404
        ? accept.error.message
        : undefined;
  if (refusal)
    return (
      <div className="card sign-in" role="alert">
        <title>Invitation · Bailiwick</title>
        <Title order={1} size="h2">
          This link opens nothing
        </Title>
        <Text c="dimmed" mt={6} mb="lg">
          {refusal}
        </Text>
        <Button component={Link} href="/" fullWidth size="md" variant="default">
          To the start
        </Button>
      </div>
    );
  return (
    <div className="card sign-in">
      <title>Invitation · Bailiwick</title>
      <Title order={1} size="h2">
        You are invited
      </Title>
      <Text c="dimmed" mt={6} mb="lg">
        Accept to work on a bot here together.
      </Text>
      {accept.error && (
        <Text c="var(--mantine-color-error)" mb="md" role="alert">
          {sentenceOf(accept.error)}
        </Text>
      )}
      <Button fullWidth size="md" loading={accept.isPending} onClick={() => accept.mutate()}>
        Accept the invitation
      </Button>
    </div>
  );
}
