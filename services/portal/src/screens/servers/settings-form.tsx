import { Alert, Button } from '@mantine/core';
import { IconUsersGroup } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, valueOf } from '../../api/client.ts';
import { hasCode, sentenceOf } from '../../api/problem.ts';
import { guildSettingsQuery } from '../../api/queries.ts';
import type { GuildDetail, GuildSettings } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { SaveBar } from '../../parts/save-bar.tsx';
import { Working } from '../../parts/states.tsx';
import { UnsavedDialog } from '../../parts/unsaved-dialog.tsx';
import { Controls } from './controls.tsx';
import { differences, onTopOf } from './setting-words.ts';

/** As they were read: the version goes into If-Match. */
interface Versioned {
  readonly settings: GuildSettings;
  readonly version: number;
}

/** A server's settings, saved together. What others save meanwhile is shown before anything is replaced. */
export function SettingsForm({ guild, current }: { guild: GuildDetail; current: Versioned }) {
  const { tenant, can } = useTenant();
  const client = useQueryClient();
  const { queryKey } = guildSettingsQuery(tenant, guild.id);
  const [edited, setEdited] = useState<{ readonly base: Versioned; readonly draft: GuildSettings }>();
  const base = edited?.base ?? current;
  const draft = edited?.draft ?? current.settings;
  const count = differences(base.settings, draft, guild).length;
  const save = useMutation({
    mutationFn: () =>
      valueOf(
        api.PUT('/v1/tenants/{tenant}/guilds/{guild}/settings', {
          params: { path: { tenant, guild: guild.id }, header: { 'if-match': `"${base.version}"` } },
          body: draft,
        }),
      ),
    onSuccess: (saved) => {
      client.setQueryData(queryKey, saved);
      setEdited(undefined);
    },
    onError: (error) => {
      if (hasCode(error, 'settings.changed')) void client.invalidateQueries({ queryKey });
    },
  });
  const conflict = hasCode(save.error, 'settings.changed');
  const discard = () => {
    setEdited(undefined);
    save.reset();
  };
  return (
    <>
      {!can('settings.write') && (
        <Alert color="gray" variant="light" mb="md" className="note">
          Your role can see these settings but not change them.
        </Alert>
      )}
      <Controls
        guild={guild}
        settings={draft}
        {...(can('settings.write')
          ? { change: (part: Partial<GuildSettings>) => setEdited({ base, draft: { ...draft, ...part } }) }
          : {})}
      />
      {conflict && (
        <Conflict
          guild={guild}
          base={base}
          theirs={current}
          proceed={() => {
            setEdited({ base: current, draft: onTopOf(current.settings, base.settings, draft) });
            save.reset();
          }}
        />
      )}
      {save.error && !conflict && (
        <Alert color="red" variant="light" mt="md" className="note" role="alert" title="Not saved">
          {sentenceOf(save.error)}
        </Alert>
      )}
      <div role="status">
        {save.isSuccess && count === 0 && (
          <Alert color="green" variant="light" mt="md" className="note">
            Saved. The bot uses these settings from now on.
          </Alert>
        )}
      </div>
      {count > 0 && (
        <>
          <SaveBar count={count} discard={discard} saving={save.isPending}>
            <Button onClick={() => save.mutate()} loading={save.isPending} disabled={conflict}>
              Save
            </Button>
          </SaveBar>
          <UnsavedDialog what="settings" guild={guild.name} discard={discard} />
        </>
      )}
    </>
  );
}

/** What somebody else saved meanwhile, and a button to put the user's changes on top. */
function Conflict(props: { guild: GuildDetail; base: Versioned; theirs: Versioned; proceed: () => void }) {
  const { guild, base, theirs, proceed } = props;
  const changed = differences(base.settings, theirs.settings, guild);
  return (
    <Alert
      color="yellow"
      variant="light"
      mt="md"
      icon={<IconUsersGroup />}
      title="Someone else changed these settings meanwhile"
      className="note"
      role="alert"
    >
      {theirs.version === base.version ? (
        <Working what="Loading their changes" />
      ) : (
        <>
          {changed.length > 0 && (
            <ul aria-label="Their changes">
              {changed.map((words) => (
                <li key={words}>
                  <bdi>{words}</bdi>
                </li>
              ))}
            </ul>
          )}
          <Button size="xs" variant="default" mt="sm" onClick={proceed}>
            Apply my changes on top
          </Button>
        </>
      )}
    </Alert>
  );
}
