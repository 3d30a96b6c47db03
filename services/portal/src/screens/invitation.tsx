import { Button, Skeleton, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api, valueOf } from '../api/client.ts';
import { Problem, sentenceOf } from '../api/problem.ts';
import type { InvitationPreview } from '../api/types.ts';
import { fragment } from '../app/fragment.ts';
import { findTenant } from '../app/lost-tenants.ts';
import { roleNames, rolesInWords, roleTexts } from '../app/words.ts';
import { ErrorState } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';

const isRefusal = (error: unknown): error is Problem => error instanceof Problem && error.status === 404;

/**
 * Shows who invites, to which bot and in which role. Opening the link accepts nothing; that takes a press of the
 * button.
 */
export default function Invitation() {
  const [token] = useState(() => fragment.take());
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const preview = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => valueOf(api.POST('/v1/invitations/preview', { body: { token } })),
    enabled: token !== '',
    gcTime: 0,
  });
  const accept = useMutation({
    mutationFn: () => valueOf(api.POST('/v1/invitations/accept', { body: { token } })),
    onSuccess: async ({ tenant }) => {
      findTenant(client, tenant.id);
      await client.invalidateQueries({ queryKey: ['me'] });
      navigate(`/t/${tenant.id}`, { replace: true });
    },
  });
  if (token === '')
    return <Invalid sentence="Part of the link is missing. Ask for it again, and copy the whole link." />;
  const refusal = accept.error ?? preview.error;
  if (isRefusal(refusal)) return <Invalid sentence={refusal.message} />;
  if (preview.error && !preview.data)
    return (
      <div className="card sign-in">
        <ErrorState error={preview.error} retry={() => void preview.refetch()} />
      </div>
    );
  return (
    <div className="card sign-in">
      <title>Invitation · Bailiwick</title>
      {preview.data ? <Offer offer={preview.data} /> : <OfferSkeleton />}
      {accept.error && (
        <Text c="var(--mantine-color-error)" mb="md" role="alert">
          {sentenceOf(accept.error)}
        </Text>
      )}
      <Button fullWidth size="md" disabled={!preview.data} loading={accept.isPending} onClick={() => accept.mutate()}>
        Accept the invitation
      </Button>
      {preview.data && (
        <Text size="xs" c="dimmed" mt="sm">
          Valid until <Moment at={preview.data.expiresAt} />
        </Text>
      )}
    </div>
  );
}

function Offer({ offer }: { offer: InvitationPreview }) {
  const { tenant, bot, role, invitedBy, currentRole } = offer;
  return (
    <>
      <Title order={1} size="h2" className="anywhere">
        Join <bdi>{tenant.name}</bdi>
      </Title>
      <Text mt={6} className="anywhere">
        {invitedBy === null ? 'An operator of this platform' : <bdi>{invitedBy}</bdi>} invites you to work on{' '}
        {bot === null ? 'this bot' : <BotName name={bot} />} as {rolesInWords([role])}.
      </Text>
      <dl className="offer">
        <dt>{roleNames[role]}</dt>
        <dd>{roleTexts[role]}.</dd>
      </dl>
      {currentRole !== null && (
        <Text mb="md">You are already {rolesInWords([currentRole])} here. You keep whichever role includes more.</Text>
      )}
    </>
  );
}

const BotName = ({ name }: { name: string }) => (
  <>
    the bot <bdi>{name}</bdi>
  </>
);

/** As high as the loaded invitation. */
const OfferSkeleton = () => (
  <div role="status" aria-label="Loading">
    <Skeleton height={30} width="80%" radius="sm" mx="auto" />
    <Skeleton height={44} radius="sm" mt={10} />
    <Skeleton height={86} radius="md" my={16} />
  </div>
);

const Invalid = ({ sentence }: { sentence: string }) => (
  <div className="card sign-in" role="alert">
    <title>Invitation · Bailiwick</title>
    <Title order={1} size="h2">
      This invitation is not valid
    </Title>
    <Text c="dimmed" mt={6} mb="lg">
      {sentence}
    </Text>
    <Button component={Link} href="/" fullWidth size="md" variant="default">
      Go to your bots
    </Button>
  </div>
);
