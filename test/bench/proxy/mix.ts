import type { CommandName } from '#policies/commands.ts';
import type { ServiceName } from '#security/identity/spiffe.ts';

/** One kind of request that the platform sends through the proxy, and how often. */
export interface Call {
  /** How often it was made; only the proportion to the others matters. */
  readonly count: number;
  readonly by: 'bot' | Extract<ServiceName, 'audio' | 'api'>;
  /** Method, destination and path, as in policies/routes.ts; `*` is written out. */
  readonly on: string;
  /** The command in the transaction token, if there is one. */
  readonly command?: CommandName;
  readonly body?: BodyName;
}

/** What a request carries; contents.ts writes them. */
export type BodyName = 'deferral' | 'answer' | 'panel' | 'message' | 'ack' | 'query' | 'percent' | 'voice' | 'node';

const guild = '/v1/tenants/:tenant/guilds/:guild';
const rest = '/v1/tenants/:tenant/rest';
const nodePlayer = '/tenants/:tenant/nodes/:node/v4/sessions/:session/players/:guild';

/**
 * What 20 tenants' bots send in `npm run bench -- command`: each a /play, then /queue and /volume in turn.
 *
 * Not recorded: derived from the code, for each command the calls that it leads to. No streams, which are opened once.
 */
// oxfmt-ignore
export const mix: readonly Call[] = [
  { count: 140, by: 'bot', on: `GET audio ${guild}/player`, command: 'queue' },
  { count: 20, by: 'audio', on: 'GET lavalink /tenants/:tenant/nodes/:node/v4/loadtracks?identifier=:search' },
  { count: 280, by: 'bot', on: 'POST discord-edge /v1/tenants/:tenant/gateway/ack', body: 'ack' },

  { count: 140, by: 'bot', on: `POST discord-edge ${rest}/interactions/:id/:token/callback`, body: 'answer' },
  { count: 140, by: 'bot', on: `POST discord-edge ${rest}/interactions/:id/:token/callback`, body: 'deferral' },
  { count: 140, by: 'bot', on: `PATCH discord-edge ${rest}/webhooks/:id/:token/messages/@original`, body: 'answer' },
  { count: 120, by: 'bot', on: `PATCH discord-edge ${rest}/channels/:id/messages/:id`, body: 'panel' },
  { count: 20, by: 'bot', on: `POST discord-edge ${rest}/channels/:id/messages`, body: 'panel' },
  { count: 120, by: 'bot', on: `PUT audio ${guild}/player/volume`, command: 'volume', body: 'percent' },
  { count: 20, by: 'bot', on: `POST audio ${guild}/player/queue`, command: 'play', body: 'query' },
  { count: 20, by: 'bot', on: `PUT audio ${guild}/player/message`, body: 'message' },
  { count: 20, by: 'audio', on: `POST discord-edge ${guild}/voice`, body: 'voice' },
  { count: 160, by: 'audio', on: `PATCH lavalink ${nodePlayer}`, body: 'node' },
];

const isRead = ({ on }: Call): boolean => on.startsWith('GET ') || on.endsWith('/gateway/ack');

/** What changes something waits for its audit record; an acknowledgement, like a read, does not. */
export const reads = mix.filter(isRead);
export const changes = mix.filter((call) => !isRead(call));
