import { Alert, Button } from '@mantine/core';
import { IconUsersGroup } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, valueOf } from '../../api/client.ts';
import { sentenceOf } from '../../api/problem.ts';
import { useTenant } from '../../app/access.ts';
import { usePeople } from '../../app/people.ts';
import { personWords } from '../../app/words.ts';
import { Working } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { ChangeList } from './change-list.tsx';
import { policyQuery, type CurrentPolicy } from './policy-queries.ts';
import type { Names } from './words.ts';

/** Who saved in the meantime and what they changed, with a button to reapply the user's changes on top. */
export function Conflict(props: {
  guild: string;
  names: Names;
  /** The version that the user's changes are based on. */
  base: CurrentPolicy;
  proceed: (theirs: CurrentPolicy) => void;
}) {
  const { guild, names, base, proceed } = props;
  const { tenant } = useTenant();
  const client = useQueryClient();
  const people = usePeople();
  const { data, error, refetch } = useQuery({
    queryKey: ['policy-conflict', tenant, guild, base.version],
    queryFn: async () => {
      const theirs = await client.fetchQuery(policyQuery(tenant, guild));
      const history = await valueOf(
        api.GET('/v1/tenants/{tenant}/guilds/{guild}/policy/history', {
          params: { path: { tenant, guild }, query: { limit: 20 } },
        }),
      );
      const since = history.items.filter(({ version }) => version > base.version && version <= theirs.version);
      return { theirs, authors: [...new Set(since.map(({ author }) => author))] };
    },
    staleTime: 0,
    gcTime: 0,
  });
  const who = data ? andList.format(data.authors.map((author) => personWords(author, people))) : '';
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<IconUsersGroup />}
      title={
        data
          ? `${who || 'Someone else'} saved version ${data.theirs.version} meanwhile`
          : 'Someone else has saved a new version'
      }
      className="note"
    >
      {data ? (
        <>
          <p>
            {data.theirs.createdAt && (
              <>
                <Ago at={data.theirs.createdAt} />.{' '}
              </>
            )}
            Changes since you started editing:
          </p>
          <ChangeList before={base.policy} after={data.theirs.policy} names={names} label="Their changes" />
          <Button size="xs" variant="default" mt="sm" onClick={() => proceed(data.theirs)}>
            Apply my changes on top
          </Button>
        </>
      ) : error ? (
        <>
          <p>{sentenceOf(error)}</p>
          <Button size="xs" variant="default" onClick={() => void refetch()}>
            Try again
          </Button>
        </>
      ) : (
        <Working what="Loading their changes" />
      )}
    </Alert>
  );
}

const andList = new Intl.ListFormat('en', { type: 'conjunction' });
