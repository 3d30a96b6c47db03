import { Button, Loader } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api } from '../../api/client.ts';
import { auditKeyQuery, keyScheduleQuery, keysQuery } from '../../api/queries.ts';
import type { TenantKey, TenantKeys as KeysOfTenant } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Section } from '../../parts/page.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { done, failed } from '../../parts/toast.ts';
import { RotationSchedule } from './rotation-schedule.tsx';

const purposes: Readonly<Record<TenantKey['purpose'], readonly [title: string, text: string, counted: string]>> = {
  data: ['Encrypts what is stored', "The bot's token and its session with Discord.", 'value'],
  'audit-checkpoint': ['Signs the audit log', 'Makes any change to a record detectable.', 'record'],
  'audit-key': [
    'Encrypts the key that signs',
    'Keeps a copy of the database from being used to sign, and the secrets of webhooks from being read.',
    'value',
  ],
  library: [
    'Encrypts queues and playlists',
    "Queues, members' favourites and playlists, and what has played.",
    'value',
  ],
};

const followEveryMs = 2_000;

const unlocking = { 'key-file': 'a key file', passphrase: 'a passphrase' } as const;

const protection = (custodian: KeysOfTenant['custodian']): string =>
  custodian.kind === 'vault'
    ? "They are protected by the platform's Vault."
    : `They are stored in a file protected by ${unlocking[custodian.sealedBy]}.`;

/** The tenant's encryption and signing keys: their versions, use and rotation, never the keys themselves. */
export function TenantKeys() {
  const { tenant, can } = useTenant();
  const rotation = useRotation();
  // How many values are still under the older key is the progress.
  const { data, error, refetch } = useQuery({
    ...keysQuery(tenant),
    refetchInterval: rotation.isUnderWay ? followEveryMs : false,
  });
  return (
    <Section
      title="Encryption and signing keys"
      text={
        data
          ? `They belong to this tenant alone and never leave the platform. ${protection(data.custodian)}`
          : 'They belong to this tenant alone and never leave the platform.'
      }
      actions={can('key.rotate') && data && data.keys.length > 0 && <Rotate rotation={rotation} />}
    >
      {error && !data ? (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      ) : !data ? (
        <RowsSkeleton rows={3} height={72} />
      ) : data.keys.length === 0 ? (
        <div className="card">
          <EmptyState
            icon={<IconKey />}
            title="No keys yet"
            text="The first is created with the first record of the audit log, the next with the token of your bot."
          />
        </div>
      ) : (
        <div className="card rows">
          {data.keys.map((key) => (
            <TenantKeyRow key={`${key.purpose} ${key.version}`} value={key} />
          ))}
          <RotationSchedule />
        </div>
      )}
    </Section>
  );
}

/** Asks for a rotation, and follows one that takes longer than a request. */
function useRotation() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  /** When the keys had last been rotated as a rotation began that is still under way. */
  const [begun, setBegun] = useState<{ readonly after: string | null }>();
  const refresh = () =>
    Promise.all(
      [keysQuery(tenant), keyScheduleQuery(tenant), auditKeyQuery(tenant)].map(({ queryKey }) =>
        client.invalidateQueries({ queryKey }),
      ),
    );
  const { data: schedule } = useQuery({ ...keyScheduleQuery(tenant), refetchInterval: begun ? followEveryMs : false });
  useEffect(() => {
    if (!begun || !schedule || schedule.rotatedAt === begun.after) return;
    setBegun(undefined);
    done('The keys were rotated');
    for (const { queryKey } of [keysQuery(tenant), auditKeyQuery(tenant)]) void client.invalidateQueries({ queryKey });
  }, [begun, schedule, client, tenant]);
  const ask = useMutation({
    mutationFn: () => api.POST('/v1/tenants/{tenant}/keys/rotate', { params: { path: { tenant } } }),
    onSuccess: ({ response }) => {
      if (response.status === 200) done('The keys were rotated');
      else setBegun({ after: schedule?.rotatedAt ?? null });
    },
    onError: failed,
    onSettled: refresh,
  });
  return { ask, isUnderWay: begun !== undefined };
}

function Rotate({ rotation: { ask, isUnderWay } }: { rotation: ReturnType<typeof useRotation> }) {
  const [asking, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button
        variant="default"
        onClick={open}
        disabled={isUnderWay}
        leftSection={isUnderWay ? <Loader size={16} aria-hidden /> : <IconRefresh size={18} aria-hidden />}
      >
        {isUnderWay ? 'Rotating keys' : 'Rotate keys'}
      </Button>
      <Confirm
        opened={asking}
        close={close}
        title="Rotate the keys?"
        text="New keys encrypt the token and the session of your bot, and the key that signs the audit log. The old keys are destroyed, so old copies of the database no longer reveal any of these. Your bot keeps playing. The audit log gets a new public key; exports made from then on still verify with the old one."
        action="Rotate keys"
        run={() => ask.mutate(undefined, { onSettled: close })}
        running={ask.isPending}
      />
    </>
  );
}

function TenantKeyRow({ value }: { value: TenantKey }) {
  const [title, text, counted] = purposes[value.purpose];
  const { version, createdAt, protects, state, algorithm } = value;
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">{title}</span>
        <span className="row-text">
          {text} Version {version}, created <Ago at={createdAt} />, for {protects}{' '}
          {protects === 1 ? counted : `${counted}s`}.
        </span>
      </span>
      <span className="tags">
        <span className="tag">{algorithm}</span>
        {state === 'current' ? <Status tone="good">In use</Status> : <Status tone="quiet">Decrypts only</Status>}
      </span>
    </div>
  );
}
