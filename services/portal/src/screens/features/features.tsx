import { NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import type { Feature as FeatureName } from '#policies/features.ts';
import { api, valueOf } from '../../api/client.ts';
import { featuresQuery, guildsQuery } from '../../api/queries.ts';
import type { Feature } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { isolated } from '../../parts/names.ts';
import { Page } from '../../parts/page.tsx';
import { RoleNeeded } from '../../parts/role-needed.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { done, failed } from '../../parts/toast.ts';

/** What members may use at all: in every server, or in one. */
export default function Features({ guild }: { guild?: string }) {
  const { tenant } = useTenant();
  const [, navigate] = useLocation();
  const guilds = useQuery(guildsQuery(tenant));
  const features = useQuery(featuresQuery(tenant, guild));
  const items = features.data?.items;
  return (
    <Page
      title="Features"
      text="What is off cannot be used by anybody, and is left out of /help. Who may use the rest is set in the policies."
      actions={
        <NativeSelect
          aria-label="Server"
          value={guild ?? ''}
          onChange={({ currentTarget: { value } }) =>
            navigate(`/t/${tenant}/features${value === '' ? '' : `/${value}`}`)
          }
          data={[
            { value: '', label: 'All servers' },
            ...(guilds.data ?? []).map(({ id, name }) => ({ value: id, label: isolated(name) })),
          ]}
        />
      }
    >
      {features.error && !items ? (
        <div className="card">
          <ErrorState error={features.error} retry={() => void features.refetch()} />
        </div>
      ) : !items ? (
        <RowsSkeleton rows={6} height={72} />
      ) : (
        <div className="card rows">
          {items.map((feature) => (
            <FeatureRow key={feature.feature} feature={feature} guild={guild} />
          ))}
        </div>
      )}
      <RoleNeeded action="feature.write" to="switch features on or off" />
    </Page>
  );
}

function FeatureRow({ feature, guild }: { feature: Feature; guild: string | undefined }) {
  const { tenant, can } = useTenant();
  const client = useQueryClient();
  const name: FeatureName = feature.feature;
  const change = useMutation({
    mutationFn: (on: boolean | null) =>
      valueOf(
        guild === undefined
          ? api.PUT('/v1/tenants/{tenant}/features/{feature}', {
              params: { path: { tenant, feature: name } },
              body: { on },
            })
          : api.PUT('/v1/tenants/{tenant}/guilds/{guild}/features/{feature}', {
              params: { path: { tenant, guild, feature: name } },
              body: { on },
            }),
      ),
    onSuccess: (list) => {
      client.setQueryData(featuresQuery(tenant, guild).queryKey, list);
      done(`${feature.title}: saved`);
    },
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: ['features', tenant] }),
  });
  const inherited = feature.chosen === null ? ` (${feature.on ? 'on' : 'off'})` : '';
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">{feature.title}</span>
        <span className="row-text">{feature.text}</span>
      </span>
      <span className="row-end">
        {can('feature.write') ? (
          <NativeSelect
            size="sm"
            w={200}
            aria-label={feature.title}
            value={feature.chosen === null ? '' : feature.chosen ? 'on' : 'off'}
            disabled={change.isPending}
            onChange={({ currentTarget: { value } }) => change.mutate(value === '' ? null : value === 'on')}
            data={[
              { value: '', label: `${guild === undefined ? 'Default' : 'As in all servers'}${inherited}` },
              { value: 'on', label: 'On' },
              { value: 'off', label: 'Off' },
            ]}
          />
        ) : (
          <span className="tag">{feature.on ? 'On' : 'Off'}</span>
        )}
      </span>
    </div>
  );
}
