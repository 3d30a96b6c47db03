import type { CommandName } from '#policies/commands.ts';

/** One kind of request that the platform sends through the proxy, and how often. */
export interface Call {
  /** How often it was made; only the proportion to the others matters. */
  readonly count: number;
  readonly by: 'bot' | 'audio';
  /** Method, destination and path, as in policies/routes.ts; `*` is written out. */
  readonly on: string;
  /** The command in the transaction token, if there is one. */
  readonly command?: CommandName;
  readonly body?: BodyName;
}

/** What a request carries; contents.ts writes them. */
export type BodyName =
  | 'deferral'
  | 'answer'
  | 'edit'
  | 'panel'
  | 'message'
  | 'ack'
  | 'query'
  | 'percent'
  | 'voice'
  | 'volume'
  | 'resuming';

const guild = '/v1/tenants/:tenant/guilds/:guild';
const rest = '/v1/tenants/:tenant/rest';
const session = '/tenants/:tenant/nodes/:node/v4/sessions/:session';

/**
 * What passed the proxy during `node test/bench/command.bench.ts 20 6 calls` on 29 November 2026: 20 tenants' bots, a
 * /play for each, then 140 /queue and 120 /volume, and what followed from them. Counted in the tenants' audit logs from
 * the first /play on; streams, which are opened once, are left out. The log keeps no bodies: they are as the code
 * writes them, and half of the callbacks are deferrals because /play and /volume defer before they change anything.
 */
// oxfmt-ignore
export const mix: readonly Call[] = [
  { count: 140, by: 'bot', on: `GET audio ${guild}/player`, command: 'queue' },
  { count: 162, by: 'bot', on: 'POST discord-edge /v1/tenants/:tenant/gateway/ack', body: 'ack' },
  { count: 20, by: 'audio', on: 'GET lavalink /tenants/:tenant/nodes/:node/v4/loadtracks?identifier=:search' },
  { count: 20, by: 'audio', on: 'GET lavalink /tenants/:tenant/nodes/:node/v4/info' },
  { count: 20, by: 'audio', on: `GET lavalink ${session}/players` },

  { count: 140, by: 'bot', on: `POST discord-edge ${rest}/interactions/:id/:token/callback`, body: 'answer' },
  { count: 140, by: 'bot', on: `POST discord-edge ${rest}/interactions/:id/:token/callback`, body: 'deferral' },
  { count: 140, by: 'bot', on: `PATCH discord-edge ${rest}/webhooks/:id/:token/messages/%40original`, body: 'edit' },
  { count: 140, by: 'bot', on: `PATCH discord-edge ${rest}/channels/:id/messages/:id`, body: 'panel' },
  { count: 20, by: 'bot', on: `POST discord-edge ${rest}/channels/:id/messages`, body: 'panel' },
  { count: 120, by: 'bot', on: `PUT audio ${guild}/player/volume`, command: 'volume', body: 'percent' },
  { count: 20, by: 'bot', on: `POST audio ${guild}/player/queue`, command: 'play', body: 'query' },
  { count: 20, by: 'bot', on: `PUT audio ${guild}/player/message`, body: 'message' },
  { count: 20, by: 'audio', on: `POST discord-edge ${guild}/voice`, body: 'voice' },
  { count: 180, by: 'audio', on: `PATCH lavalink ${session}/players/:guild`, body: 'volume' },
  { count: 20, by: 'audio', on: `PATCH lavalink ${session}`, body: 'resuming' },
];

const isRead = ({ on }: Call): boolean => on.startsWith('GET ') || on.endsWith('/gateway/ack');

/** What changes something waits for its audit record; an acknowledgement, like a read, does not, and counts as one. */
export const reads = mix.filter(isRead);
export const changes = mix.filter((call) => !isRead(call));
