import { useQuery } from '@tanstack/react-query';
import { api, valueOf } from '../../api/client.ts';
import { sentenceOf } from '../../api/problem.ts';
import { guildQuery } from '../../api/queries.ts';
import type { AuditRecord } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { Working } from '../../parts/states.tsx';
import { meaningOf } from './records.ts';

/** Why an allowed call failed. */
export function WhyFailed({ record }: { record: AuditRecord }) {
  return (
    <section className="why" data-outcome="denied" aria-label="Why it failed">
      <h3 className="stage-title">Why it failed</h3>
      <p>
        <bdi>{meaningOf(record)}</bdi>
      </p>
      {record.reason && (
        <p>
          Code <span className="mono">{record.reason}</span>
        </p>
      )}
    </section>
  );
}

/** Why something was allowed or denied, and what would have allowed it. */
export function Why({ decision, record }: { decision: string; record: AuditRecord }) {
  const { tenant } = useTenant();
  const { data, error } = useQuery({
    queryKey: ['decision', tenant, decision],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/decisions/{decision}', { signal, params: { path: { tenant, decision } } })),
    staleTime: Infinity,
  });
  const place = useQuery({
    ...guildQuery(tenant, record.guild ?? ''),
    enabled: record.guild !== undefined && (data?.wouldAllow ?? []).length > 0,
  });
  const nameOf = (id: string) =>
    [...(place.data?.roles ?? []), ...(place.data?.text ?? [])].find((one) => one.id === id)?.name;
  const outcome = record.outcome === 'denied' ? 'denied' : 'allowed';
  return (
    <section className="why" data-outcome={outcome} aria-label="Why">
      <h3 className="stage-title">Why it was {outcome}</h3>
      {data ? (
        <>
          {data.replay?.message && <p>{data.replay.message}</p>}
          <p>
            {data.check && (
              <>
                Check <span className="mono">{data.check}</span>
                {data.reason && (
                  <>
                    : <span className="mono">{data.reason}</span>
                  </>
                )}
                {'. '}
              </>
            )}
            {data.rule ? (
              <>
                Rule <span className="mono">{data.rule}</span>
              </>
            ) : (
              'No rule mentions it'
            )}
            {data.replay ? `, version ${data.replay.policyVersion} of the policy.` : '.'}
          </p>
          {data.replay && !data.replay.agrees && (
            <p>Evaluated again today, the same version of the policy gives a different result.</p>
          )}
          {data.wouldAllow.length > 0 && (
            <>
              <p>
                <b>What would have allowed it</b>
              </p>
              <ul>
                {data.wouldAllow.map(({ sentence, id }) => (
                  <li key={sentence} title={id}>
                    {id === undefined ? sentence : sentence.replace(id, nameOf(id) ?? id)}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      ) : error ? (
        <p>{sentenceOf(error)}</p>
      ) : (
        <Working what="Loading the explanation" />
      )}
    </section>
  );
}
