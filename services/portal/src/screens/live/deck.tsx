import { ActionIcon, Slider, Tooltip } from '@mantine/core';
import {
  IconMusic,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipForwardFilled,
  IconPlayerStopFilled,
  IconVolume,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { api } from '../../api/client.ts';
import { guildQuery } from '../../api/queries.ts';
import type { Player, Track } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { isolated } from '../../parts/names.ts';
import { clockTime } from '../../parts/time.tsx';
import { lengthWords } from './length.ts';
import { useControl } from './use-control.ts';

/** The current track and the controls that the user's role includes. */
export function Deck({ player }: { player: Player }) {
  const { tenant } = useTenant();
  const guild = useQuery(guildQuery(tenant, player.guild));
  const voice = guild.data?.voice.find(({ id }) => id === player.voiceChannel);
  const { current } = player;
  return (
    <section className="card deck" aria-label="Now playing">
      <Artwork track={current} playing={player.state === 'playing'} />
      <div className="deck-body">
        <div className="deck-words" aria-live="polite">
          <span className="deck-where">{whereWords(player, voice?.name)}</span>
          <h2 className="deck-title">
            <bdi>{current?.title ?? 'Nothing is playing'}</bdi>
          </h2>
          <span className="row-text">
            {current ? <bdi>{current.author}</bdi> : 'Members of the server add tracks with /play.'}
          </span>
        </div>
        <Progress player={player} />
        <Controls player={player} />
      </div>
    </section>
  );
}

function whereWords(player: Player, voice: string | undefined): string {
  const where = voice ? ` in ${isolated(voice)}` : '';
  switch (player.state) {
    case 'playing':
      return `Playing${where}`;
    case 'paused':
      return `Paused${where}`;
    case 'waiting':
      return 'Waiting for the voice channel or an audio node';
    case 'idle':
      return 'Idle';
  }
}

function Artwork({ track, playing }: { track: Track | null; playing: boolean }) {
  const [broken, setBroken] = useState<string>();
  const url = track?.artworkUrl;
  return (
    <div className="artwork" data-playing={playing || undefined} aria-hidden>
      {url && url.startsWith('https:') && broken !== url ? (
        <img src={url} alt="" referrerPolicy="no-referrer" onError={() => setBroken(url)} />
      ) : playing ? (
        <span className="bars">
          <i />
          <i />
          <i />
          <i />
        </span>
      ) : (
        <IconMusic size={40} stroke={1.4} />
      )}
    </div>
  );
}

function Progress({ player }: { player: Player }) {
  const [now, setNow] = useState(Date.now);
  const { current, state, positionMs, asOfMs } = player;
  useEffect(() => {
    if (state !== 'playing') return undefined;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [state]);
  if (!current) return <div className="progress" aria-hidden />;
  const moved = state === 'playing' ? Math.max(0, now - asOfMs) * player.speed : 0;
  const { lengthMs } = current;
  const at = Math.min(positionMs + moved, lengthMs ?? Number.POSITIVE_INFINITY);
  const share = lengthMs ? at / lengthMs : 1;
  const length = lengthWords(current);
  return (
    <div>
      <div
        className="progress"
        role="progressbar"
        aria-label="Position in the track"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={`${clockTime(at)} of ${length}`}
      >
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <div className="progress-times" aria-hidden>
        <span>{clockTime(at)}</span>
        <span>{length}</span>
      </div>
    </div>
  );
}

function Controls({ player }: { player: Player }) {
  const { can } = useTenant();
  const control = useControl(player.guild);
  const quiet = player.current === null;
  const press = (verb: 'pause' | 'resume' | 'skip' | 'stop') => () =>
    control.mutate((path) => api.POST(`/v1/tenants/{tenant}/guilds/{guild}/player/${verb}`, { params: { path } }));
  const busy = control.isPending;
  return (
    <div className="controls">
      {player.state === 'paused'
        ? can('player.resume') && (
            <Press label="Resume" main run={press('resume')} off={busy}>
              <IconPlayerPlayFilled size={22} />
            </Press>
          )
        : can('player.pause') && (
            <Press label="Pause" main run={press('pause')} off={quiet || busy}>
              <IconPlayerPauseFilled size={22} />
            </Press>
          )}
      {can('player.skip') && (
        <Press label="Skip" run={press('skip')} off={quiet || busy}>
          <IconPlayerSkipForwardFilled size={20} />
        </Press>
      )}
      {can('player.stop') && (
        <Press label="Stop and leave" run={press('stop')} off={player.state === 'idle' || busy}>
          <IconPlayerStopFilled size={20} />
        </Press>
      )}
      {can('player.volume') && <Volume player={player} />}
    </div>
  );
}

function Press(props: { label: string; run: () => void; off: boolean; main?: boolean; children: ReactNode }) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        size={props.main ? 52 : 44}
        radius="xl"
        variant={props.main ? 'filled' : 'default'}
        aria-label={props.label}
        onClick={props.run}
        disabled={props.off}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}

function Volume({ player }: { player: Player }) {
  const control = useControl(player.guild);
  const [dragged, setDragged] = useState<number>();
  const value = dragged ?? player.volume;
  return (
    <div className="volume">
      <IconVolume size={20} aria-hidden />
      <Slider
        flex={1}
        min={0}
        max={150}
        step={5}
        value={value}
        onChange={setDragged}
        onChangeEnd={(percent) =>
          control.mutate(
            (path) =>
              api.PUT('/v1/tenants/{tenant}/guilds/{guild}/player/volume', { params: { path }, body: { percent } }),
            { onSettled: () => setDragged(undefined) },
          )
        }
        thumbLabel="Volume"
        label={(percent) => `${percent} %`}
        thumbProps={{ 'aria-valuetext': `${value} percent` }}
        marks={[{ value: 100 }]}
      />
      <span className="volume-number">{value} %</span>
    </div>
  );
}
