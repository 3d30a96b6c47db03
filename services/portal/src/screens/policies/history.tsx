import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { policyHistoryQuery } from '../../api/queries.ts';
import type { PolicyVersion } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { LoadMore } from '../../parts/load-more.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { initialPolicyQuery } from './policy-queries.ts';
import { Saved, titleOf } from './saved.tsx';
import { VersionDialog } from './version-dialog.tsx';
import type { Names } from './words.ts';

/** Every version with its author and time; selecting one shows what it changed and allows rolling back to it. */
export function History(props: { guild: string; names: Names; mayWrite: boolean; dirty: boolean }) {
  const { guild, names, mayWrite, dirty } = props;
  const { tenant } = useTenant();
  const versions = useInfiniteQuery(policyHistoryQuery(tenant, guild));
  const initial = useQuery(initialPolicyQuery(tenant, guild));
  const [chosen, setChosen] = useState<number>();
  const saved = versions.data?.pages.flatMap(({ items }) => items);
  if (versions.error && !saved)
    return (
      <div className="card">
        <ErrorState error={versions.error} retry={() => void versions.refetch()} />
      </div>
    );
  if (!saved) return <RowsSkeleton rows={3} />;
  const [inForce] = saved;
  if (!inForce)
    return (
      <div className="card pad dimmed">No changes yet. This server has the policy that every server starts with.</div>
    );
  const all = versions.hasNextPage || !initial.data ? saved : [...saved, initial.data];
  const version = all.find((each) => each.version === chosen);
  return (
    <div className="card rows">
      {all.map((each) => (
        <VersionRow
          key={each.version}
          version={each}
          isInForce={each.version === inForce.version}
          choose={() => setChosen(each.version)}
        />
      ))}
      <LoadMore {...versions} />
      {version && (
        <VersionDialog
          version={version}
          before={all.find((each) => each.version === version.version - 1)}
          inForce={inForce}
          close={() => setChosen(undefined)}
          {...{ guild, names, mayWrite, dirty }}
        />
      )}
    </div>
  );
}

function VersionRow(props: { version: PolicyVersion; isInForce: boolean; choose: () => void }) {
  const { version, isInForce, choose } = props;
  return (
    <div className="row">
      <span className="row-words">
        <span className="row-title">
          {titleOf(version)} {isInForce && <span className="tag">in force</span>}
        </span>
        <span className="row-text">
          <Saved version={version} />
        </span>
      </span>
      <Button
        variant="default"
        size="xs"
        onClick={choose}
        aria-haspopup="dialog"
        aria-label={`View changes: ${titleOf(version)}`}
      >
        View changes
      </Button>
    </div>
  );
}
