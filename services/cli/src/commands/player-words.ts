import type { paths } from '#services/contracts/api.ts';

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;
type Player = Answer<'/v1/tenants/{tenant}/guilds/{guild}/player'>;
type Server = Answer<'/v1/tenants/{tenant}/guilds'>['items'][number];
type Track = Player['queue'][number];

const states = { idle: 'Nothing playing', waiting: 'Waiting', playing: 'Playing', paused: 'Paused' } as const;

/** A server on one line: first its id, which other commands take. */
export function describeServer({ id, name, player }: Server): string {
  const playing = player === null || player.current === null ? '' : `: ${player.current.title}`;
  return `${id.padEnd(20)}  ${name}  (${player === null ? states.idle : states[player.state]}${playing})`;
}

type Shown = Pick<Player, 'state' | 'current' | 'positionMs' | 'volume' | 'queueLength' | 'later' | 'reason'>;

export function describePlayer({ state, current, positionMs, volume, queueLength, later, reason }: Shown): string {
  const playing = current === null ? [] : [`  track   ${titleOf(current)}, at ${clock(positionMs)}`];
  return [
    states[state],
    ...playing,
    `  volume  ${volume} %`,
    `  queue   ${queueLength} ${queueLength === 1 ? 'track' : 'tracks'}${later === undefined ? '' : `, ${later} more later`}`,
    ...(reason === null ? [] : [`  reason  ${reason}`]),
  ].join('\n');
}

export const describeQueue = (tracks: readonly Track[]): string =>
  tracks.map((track, place) => `${String(place).padStart(3)}  ${track.entryId}  ${titleOf(track)}`).join('\n');

export const titleOf = ({ title, author, lengthMs }: Track): string =>
  `${title}, ${author}${lengthMs === null ? '' : ` (${clock(lengthMs)})`}`;

/** A length or position: 3:07, 1:02:03. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, '0');
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`;
}
