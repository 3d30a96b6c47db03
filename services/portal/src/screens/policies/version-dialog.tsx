import { Button, Modal, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { Problem, sentenceOf } from '../../api/problem.ts';
import { policyHistoryQuery } from '../../api/queries.ts';
import type { PolicyVersion } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { DialogError } from '../../parts/dialog-form.tsx';
import { done } from '../../parts/toast.ts';
import { ChangeList } from './change-list.tsx';
import { policyQuery } from './policy-queries.ts';
import { Saved, titleOf } from './saved.tsx';
import type { Names } from './words.ts';

/** What a version changed when it was saved, and what rolling back to it would change now. */
export function VersionDialog(props: {
  version: PolicyVersion;
  /** The version that it replaced; undefined if that is not loaded. */
  before: PolicyVersion | undefined;
  inForce: PolicyVersion;
  guild: string;
  names: Names;
  mayWrite: boolean;
  /** Whether there are unsaved changes, which a rollback would conflict with. */
  dirty: boolean;
  close: () => void;
}) {
  const { version, before, inForce, guild, names, mayWrite, dirty, close } = props;
  const rollBack = useRollBack(guild, inForce, close);
  const isInForce = version.version === inForce.version;
  return (
    <Modal opened onClose={close} title={titleOf(version)} size="lg">
      <div className="form">
        <Text c="dimmed" component="div">
          <Saved version={version} />
          {isInForce && '. This version is in force.'}
        </Text>
        {before && (
          <section>
            <Title order={3} size="h5" mb={8}>
              Changed when it was saved
            </Title>
            <ChangeList before={before.policy} after={version.policy} names={names} label="Changed when it was saved" />
          </section>
        )}
        {!isInForce && (
          <section>
            <Title order={3} size="h5" mb={8}>
              Rolling back to it would change
            </Title>
            <ChangeList
              before={inForce.policy}
              after={version.policy}
              names={names}
              label="Rolling back to it would change"
            />
          </section>
        )}
        {rollBack.error && (
          <DialogError>
            {rollBack.error instanceof Problem && rollBack.error.status === 412
              ? 'Someone else has saved a new version. The history is now up to date: review the changes again.'
              : sentenceOf(rollBack.error)}
          </DialogError>
        )}
        {!isInForce && mayWrite && dirty && (
          <Text c="dimmed">To roll back, save or discard your own changes first.</Text>
        )}
        <div className="form-actions">
          <Button variant="default" onClick={close}>
            Close
          </Button>
          {!isInForce && mayWrite && !dirty && (
            <Button loading={rollBack.isPending} onClick={() => rollBack.mutate(version)}>
              Roll back
            </Button>
          )}
        </div>
      </div>
    </Modal>
  );
}

/** Saves the earlier policy as the newest version; no version is lost. */
function useRollBack(guild: string, inForce: PolicyVersion, close: () => void) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version }: PolicyVersion) =>
      api.POST('/v1/tenants/{tenant}/guilds/{guild}/policy/rollback', {
        params: { path: { tenant, guild }, header: { 'if-match': `"${inForce.version}"` } },
        body: { version },
      }),
    onSuccess: (_answer, version) => {
      close();
      done(`Rolled back to ${titleOf(version).toLowerCase()}`);
    },
    onSettled: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: policyQuery(tenant, guild).queryKey }),
        client.invalidateQueries({ queryKey: policyHistoryQuery(tenant, guild).queryKey }),
      ]);
    },
  });
}
