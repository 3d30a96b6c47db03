import { ActionIcon, Button, Menu, TextInput } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconArrowBarToUp,
  IconDotsVertical,
  IconPlus,
  IconTrash,
  IconPlaylist,
} from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import type { Player, Track } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { announce } from '../../parts/live-region.tsx';
import { isolated } from '../../parts/names.ts';
import { EmptyState } from '../../parts/states.tsx';
import { lengthWords } from './length.ts';
import { useControl } from './use-control.ts';

/** What comes next, in order; entries can be moved and removed if the user's role includes it. */
export function Queue({ player }: { player: Player }) {
  const { can } = useTenant();
  const rest = player.queueLength - player.queue.length;
  return (
    <section aria-label="Up next">
      <div className="section-head">
        <h2 className="stage-title">Up next</h2>
        <span className="dimmed small">
          {player.queueLength === 0
            ? 'Empty'
            : `${player.queueLength} ${player.queueLength === 1 ? 'track' : 'tracks'}`}
          {player.later !== undefined && `, ${player.later} more later`}
        </span>
      </div>
      {can('player.enqueue') && <Add guild={player.guild} />}
      {player.queue.length === 0 ? (
        <div className="card">
          <EmptyState
            icon={<IconPlaylist />}
            title="The queue is empty"
            text="Tracks that members add with /play, or that you add here, appear in this list."
          />
        </div>
      ) : (
        <ol className="card rows queue">
          {player.queue.map((track, index) => (
            <Entry key={track.entryId} track={track} index={index} player={player} />
          ))}
          {rest > 0 && <li className="more dimmed">and {rest} more</li>}
        </ol>
      )}
    </section>
  );
}

function Add({ guild }: { guild: string }) {
  const control = useControl(guild);
  const [query, setQuery] = useState('');
  return (
    <form
      className="add"
      onSubmit={(event) => {
        event.preventDefault();
        control.mutate(
          (path) =>
            api.POST('/v1/tenants/{tenant}/guilds/{guild}/player/queue', {
              params: { path },
              body: { query: query.trim() },
            }),
          {
            onSuccess: () => {
              setQuery('');
              announce('Added to the queue');
            },
          },
        );
      }}
    >
      <TextInput
        aria-label="Add a track by name or URL"
        placeholder="Add a track by name or URL"
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        maxLength={500}
        required
      />
      <Button
        type="submit"
        variant="default"
        loading={control.isPending}
        leftSection={<IconPlus size={16} aria-hidden />}
      >
        Add
      </Button>
    </form>
  );
}

function Entry({ track, index, player }: { track: Track; index: number; player: Player }) {
  const { can } = useTenant();
  const control = useControl(player.guild);
  const move = (to: number) => {
    control.mutate(
      (path) =>
        api.POST('/v1/tenants/{tenant}/guilds/{guild}/player/queue/move', {
          params: { path },
          body: { entryId: track.entryId, to },
        }),
      { onSuccess: () => announce(`${isolated(track.title)} is now number ${to + 1}`) },
    );
  };
  const remove = () =>
    control.mutate(
      (path) =>
        api.DELETE('/v1/tenants/{tenant}/guilds/{guild}/player/queue/{entry}', {
          params: { path: { ...path, entry: track.entryId } },
        }),
      { onSuccess: () => announce(`${isolated(track.title)} was removed`) },
    );
  const last = player.queueLength - 1;
  return (
    <li className="row">
      <span className="queue-number">{index + 1}</span>
      <span className="row-words">
        <bdi className="row-title ellipsis">{track.title}</bdi>
        <bdi className="row-text ellipsis">{track.author}</bdi>
      </span>
      <span className="dimmed small tabular">{lengthWords(track)}</span>
      {(can('player.move') || can('player.remove')) && (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Actions for ${isolated(track.title)}`}>
              <IconDotsVertical size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {can('player.move') && (
              <>
                <Menu.Item leftSection={<IconArrowBarToUp size={16} />} disabled={index === 0} onClick={() => move(0)}>
                  Play next
                </Menu.Item>
                <Menu.Item
                  leftSection={<IconArrowUp size={16} />}
                  disabled={index === 0}
                  onClick={() => move(index - 1)}
                >
                  Move up
                </Menu.Item>
                <Menu.Item
                  leftSection={<IconArrowDown size={16} />}
                  disabled={index === last}
                  onClick={() => move(index + 1)}
                >
                  Move down
                </Menu.Item>
              </>
            )}
            {can('player.remove') && (
              <Menu.Item leftSection={<IconTrash size={16} />} className="danger-item" onClick={remove}>
                Remove
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
    </li>
  );
}
