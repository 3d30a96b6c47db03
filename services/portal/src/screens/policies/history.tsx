import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { policyHistoryQuery } from '../../api/queries.ts';
import type { GuildPolicy, PolicyVersion } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { usePeople } from '../../app/people.ts';
import { personWords } from '../../app/words.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { LoadMore } from '../../parts/load-more.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { done, failed } from '../../parts/toast.ts';
import { ChangeList } from './change-list.tsx';
import { policyQuery } from './policy-queries.ts';
import type { Names } from './words.ts';

/** Every version, and the way back to one. */
export function History(props: {
  guild: string;
  names: Names;
  current: { version: number; etag: string; policy: GuildPolicy };
  mayWrite: boolean;
}) {
  const { guild, names, current, mayWrite } = props;
  const { tenant } = useTenant();
  const versions = useInfiniteQuery(policyHistoryQuery(tenant, guild));
  const all = versions.data?.pages.flatMap(({ items }) => items);
  if (versions.error && !all)
    return (
      <div className="card">
        <ErrorState error={versions.error} retry={() => void versions.refetch()} />
      </div>
    );
  if (!all) return <RowsSkeleton rows={3} />;
  if (all.length === 0)
    return (
      <div className="card pad dimmed">
        Nothing was changed yet: this server has the policy that every server begins with.
      </div>
    );
  return (
    <div className="card rows">
      {all.map((version) => (
        <VersionRow key={version.version} version={version} {...{ guild, names, current, mayWrite }} />
      ))}
      <LoadMore {...versions} />
    </div>
  );
}

function VersionRow(props: {
  version: PolicyVersion;
  guild: string;
  names: Names;
  current: { version: number; etag: string; policy: GuildPolicy };
  mayWrite: boolean;
}) {
  const { version, guild, names, current, mayWrite } = props;
  const { tenant } = useTenant();
  const client = useQueryClient();
  const people = usePeople();
  const [asking, { open, close }] = useDisclosure(false);
  const rollBack = useMutation({
    mutationFn: () =>
      api.POST('/v1/tenants/{tenant}/guilds/{guild}/policy/rollback', {
        params: { path: { tenant, guild }, header: { 'if-match': current.etag } },
        body: { version: version.version },
      }),
    onSuccess: async () => {
      close();
      done(`Back to what version ${version.version} said`);
      await client.invalidateQueries({ queryKey: policyQuery(tenant, guild).queryKey });
      await client.invalidateQueries({ queryKey: policyHistoryQuery(tenant, guild).queryKey });
    },
    onError: failed,
  });
  const isCurrent = version.version === current.version;
  return (
    <div className="row">
      <span className="row-words">
        <span className="row-title">
          Version {version.version} {isCurrent && <span className="tag">in force</span>}
        </span>
        <span className="row-text">
          <span title={version.author}>{personWords(version.author, people)}</span>
          {version.createdAt && (
            <>
              {', '}
              <Ago at={version.createdAt} />
            </>
          )}
          {` · ${version.policy.rules.length} ${version.policy.rules.length === 1 ? 'rule' : 'rules'}`}
        </span>
      </span>
      {mayWrite && !isCurrent && (
        <Button variant="default" size="xs" onClick={open} aria-label={`Go back to it: version ${version.version}`}>
          Go back to it
        </Button>
      )}
      <Confirm
        opened={asking}
        close={close}
        title={`Go back to version ${version.version}?`}
        text="It becomes the newest version; nothing is lost."
        action="Go back"
        run={() => rollBack.mutate()}
        running={rollBack.isPending}
      >
        <ChangeList before={current.policy} after={version.policy} names={names} />
      </Confirm>
    </div>
  );
}
