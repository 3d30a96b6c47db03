import { NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, valueOf } from '../../api/client.ts';
import { keyScheduleQuery } from '../../api/queries.ts';
import type { KeySchedule } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { Ago, Day } from '../../parts/time.tsx';
import { done, failed } from '../../parts/toast.ts';

const offered = [7, 30, 90, 180, 365];
const inDays = (days: number) => (days === 1 ? 'Every day' : `Every ${days} days`);

/** How often the keys are rotated by themselves, and when that was and will be. */
export function RotationSchedule() {
  const { tenant, can } = useTenant();
  const client = useQueryClient();
  const { data } = useQuery(keyScheduleQuery(tenant));
  const change = useMutation({
    mutationFn: (days: number) =>
      valueOf(api.PUT('/v1/tenants/{tenant}/keys/schedule', { params: { path: { tenant } }, body: { days } })),
    onSuccess: ({ days }) => done(`The keys will be rotated ${inDays(days).toLowerCase()}`),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: keyScheduleQuery(tenant).queryKey }),
  });
  if (!data) return null;
  // The API and the command line accept any number of days.
  const choices = offered.includes(data.days) ? offered : [data.days, ...offered].toSorted((one, other) => one - other);
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">Automatic rotation</span>
        <span className="row-text">
          <WhenRotated schedule={data} />
        </span>
      </span>
      {can('key.rotate') ? (
        <NativeSelect
          aria-label="Rotate the keys"
          value={String(change.isPending ? change.variables : data.days)}
          disabled={change.isPending}
          onChange={(event) => change.mutate(Number(event.currentTarget.value))}
          data={choices.map((days) => ({ value: String(days), label: inDays(days) }))}
        />
      ) : (
        <span className="tag">{inDays(data.days)}</span>
      )}
    </div>
  );
}

function WhenRotated({ schedule: { rotatedAt, dueAt, failedAt } }: { schedule: KeySchedule }) {
  return (
    <>
      {rotatedAt ? (
        <>
          Last rotated <Ago at={rotatedAt} />.
        </>
      ) : (
        'Not rotated yet.'
      )}{' '}
      {failedAt ? (
        <>
          The last attempt failed <Ago at={failedAt} />. It is repeated automatically.
        </>
      ) : (
        <>
          Next rotation: <Day at={dueAt} />.
        </>
      )}
    </>
  );
}
