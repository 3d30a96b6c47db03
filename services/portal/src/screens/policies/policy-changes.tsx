import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { policyHistoryQuery } from '../../api/queries.ts';
import type { GuildDetail } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { SaveBar } from '../../parts/save-bar.tsx';
import { done } from '../../parts/toast.ts';
import { ChangeList } from './change-list.tsx';
import { Conflict } from './conflict.tsx';
import { Faults, Warnings } from './faults.tsx';
import { checkQuery, policyQuery, versionOf } from './policy-queries.ts';
import { rebased } from './rebase.ts';
import type { Draft } from './use-draft.ts';
import { changes, type Names } from './words.ts';

/** The unsaved changes, which are reviewed before they are saved. */
export function PolicyChanges(props: {
  guild: GuildDetail;
  names: Names;
  draft: Draft;
  /** The draft has faults, which are shown above, so it cannot be saved. */
  faulty: boolean;
}) {
  const { guild, names, faulty } = props;
  const { base, draft, discard } = props.draft;
  const { tenant } = useTenant();
  const [reviewing, { open, close }] = useDisclosure(false);
  const count = changes(base.policy, draft, names).length;
  const check = useQuery(checkQuery({ tenant, guild: guild.id }, draft));
  const save = useSave(guild.id, props.draft, close);
  const conflict = save.error instanceof Problem && save.error.status === 412;
  return (
    <>
      <SaveBar count={count} discard={discard}>
        <Button onClick={open} disabled={faulty}>
          Review and save
        </Button>
      </SaveBar>
      <Modal
        opened={reviewing}
        onClose={close}
        title={
          <>
            Changes to <bdi>{guild.name}</bdi>
          </>
        }
        size="lg"
      >
        <div className="form">
          <ChangeList before={base.policy} after={draft} names={names} />
          {check.data && <Warnings {...check.data} />}
          {conflict && (
            <Conflict
              guild={guild.id}
              names={names}
              base={base}
              proceed={(theirs) => {
                props.draft.onto(theirs, rebased(base.policy, draft, theirs.policy));
                save.reset();
              }}
            />
          )}
          {save.error && !conflict && <Faults error={save.error} />}
          <div className="form-actions">
            <Button variant="default" onClick={close}>
              Not yet
            </Button>
            <Button loading={save.isPending} disabled={conflict} onClick={() => save.mutate()}>
              Save
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}

/** If the session has ended, saving leads to the sign-in page; the draft stays in the tab. */
function useSave(guild: string, { base, draft, saved }: Draft, close: () => void) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      versionOf(
        api.PUT('/v1/tenants/{tenant}/guilds/{guild}/policy', {
          params: { path: { tenant, guild }, header: { 'if-match': base.etag } },
          body: draft,
        }),
      ),
    onSuccess: (version) => {
      client.setQueryData(policyQuery(tenant, guild).queryKey, version);
      void client.invalidateQueries({ queryKey: policyHistoryQuery(tenant, guild).queryKey });
      void client.invalidateQueries({ queryKey: ['guilds', tenant] });
      close();
      saved(version);
      done(`Version ${version.version} is in force`);
    },
  });
}
