import type { LeasedPart } from '#infra/leases/lease.ts';
import type { Action } from '#security/identity/actions.ts';
import type { GrantedService, ServiceName } from '#security/identity/spiffe.ts';
import type { RouteTo } from './addresses.ts';

/** Where a request can be forwarded to. */
export type Target = GrantedService | 'lavalink';
/** Who can call: a class of workload, by its certificate; `public` has none. */
export type CallerClass = 'bot' | ServiceName | 'public';
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

export interface RouteDefinition {
  readonly to: Target;
  /** Methods and path, as `GET PUT /v1/…`. */
  readonly on: string;
  readonly action: Action;
  readonly from: readonly CallerClass[];
  /** Whether the call must, may or cannot be made for a member (Txn-Token). */
  readonly member: 'required' | 'optional' | 'none';
  /** The response continues until one side ends it. */
  readonly stream?: true;
  readonly upgrade?: 'websocket';
  /** The upstream relays the responses of another (Discord): its 5xx say nothing about the upstream itself. */
  readonly relays?: true;
  /** A call that changes nothing worth waiting for, although its method could: recorded with the reads, in batches. */
  readonly journal?: 'later';
  /** `from` and `limit` in the query choose a part of what is shown: whoever shows it chooses, not the member. */
  readonly paged?: true;
  /**
   * Only the replica of this part that holds the lease of the tenant in the path may call: it names its fencing token
   * (infra/leases/lease.ts), so that one that was replaced without knowing gives no orders.
   */
  readonly fencedBy?: LeasedPart;
  /**
   * How long the target may take to respond, if that differs from the default. Shorter than its caller waits, so that
   * the nearest component names the fault.
   */
  readonly answerWithinMs?: number;
}

/**
 * Everything that is allowed, and for which callers. An address at the proxy is `/<to>/<path>`; a route that is not in
 * this table does not exist. `on` may name several methods; `:tenant`, `:guild`, `:user`, `:entry`, `:node`, `:session`
 * match only their kind of value, `:any` any one segment, and a closing `*` one or more further segments.
 */
// oxfmt-ignore
export const routeDefinitions = [
  // Music: the bot for a member who used a command, the api for a member of the tenant who used the portal.
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/player', action: 'player.read', from: ['bot', 'api'], member: 'optional' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/player/search', action: 'player.search', from: ['bot', 'api'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue', action: 'player.enqueue', from: ['bot', 'api'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue/next', action: 'player.playnext', from: ['bot'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue/now', action: 'player.playnow', from: ['bot'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/player/queue', action: 'player.read', from: ['bot', 'api'], member: 'required', paged: true },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue/pick', action: 'player.pick', from: ['bot'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue/move', action: 'player.move', from: ['api'], member: 'required' },
  { to: 'audio', on: 'DELETE /v1/tenants/:tenant/guilds/:guild/player/queue/:entry', action: 'player.remove', from: ['api'], member: 'required' },
  { to: 'audio', on: 'PUT /v1/tenants/:tenant/guilds/:guild/player/voice', action: 'player.enqueue', from: ['api'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/timeline', action: 'audit.read', from: ['api'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/timeline/events', action: 'audit.read', from: ['api'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/statistics/top', action: 'statistics.read', from: ['api'], member: 'required', answerWithinMs: 8_000 },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/player/sound', action: 'player.read', from: ['api'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/pause', action: 'player.pause', from: ['bot', 'api'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/resume', action: 'player.resume', from: ['bot', 'api'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/skip', action: 'player.skip', from: ['bot', 'api'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/stop', action: 'player.stop', from: ['bot', 'api'], member: 'required' },
  { to: 'audio', on: 'PUT /v1/tenants/:tenant/guilds/:guild/player/volume', action: 'player.volume', from: ['bot', 'api'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/volume/up', action: 'player.louder', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/volume/down', action: 'player.quieter', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/seek', action: 'player.seek', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/jump', action: 'player.jump', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/clear', action: 'player.clear', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/shuffle', action: 'player.shuffle', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/loop', action: 'player.loop', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/autoplay', action: 'player.autoplay', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue/arrange', action: 'player.move', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/queue/remove', action: 'player.remove', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/filter', action: 'player.filter', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/join', action: 'player.join', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/player/leave', action: 'player.leave', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/favourites/add', action: 'favourite.add', from: ['bot'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/favourites/remove', action: 'favourite.remove', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/library/favourites', action: 'favourite.list', from: ['bot'], member: 'required', paged: true },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/favourites/play', action: 'favourite.play', from: ['bot'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/create', action: 'playlist.create', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/add', action: 'playlist.add', from: ['bot'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/remove', action: 'playlist.remove', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/rename', action: 'playlist.rename', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/delete', action: 'playlist.delete', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/move', action: 'playlist.move', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/save', action: 'playlist.save', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/import', action: 'playlist.import', from: ['bot'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/share', action: 'playlist.share', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/unshare', action: 'playlist.unshare', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/copy', action: 'playlist.copy', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/library/playlists/export', action: 'playlist.export', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/library/playlists/tracks', action: 'playlist.show', from: ['bot'], member: 'required', paged: true },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/library/playlists', action: 'playlist.list', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/play', action: 'playlist.play', from: ['bot'], member: 'required', answerWithinMs: 18_000 },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/library/history', action: 'history.read', from: ['bot'], member: 'required', paged: true },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/library/top/server', action: 'top.server', from: ['bot'], member: 'required', paged: true },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/library/top/mine', action: 'top.mine', from: ['bot'], member: 'required', paged: true },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/library/top/count', action: 'top.count', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/help', action: 'help.read', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/settings', action: 'settings.read', from: ['bot', 'api'], member: 'required' },
  { to: 'audio', on: 'PUT /v1/tenants/:tenant/guilds/:guild/settings', action: 'settings.write', from: ['api'], member: 'required' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/guilds/:guild/settings/change', action: 'settings.write', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/guilds/:guild/player/lyrics', action: 'player.read', from: ['bot'], member: 'required', answerWithinMs: 8_000 },
  { to: 'api', on: 'GET /v1/tenants/:tenant/guilds/:guild/bot/policy', action: 'policy.read', from: ['bot'], member: 'required' },
  { to: 'api', on: 'POST /v1/tenants/:tenant/guilds/:guild/bot/policy/change', action: 'policy.write', from: ['bot'], member: 'required' },
  { to: 'audio', on: 'PUT /v1/tenants/:tenant/guilds/:guild/player/message', action: 'player.message', from: ['bot'], member: 'none' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/player-events', action: 'player.events', from: ['bot', 'api'], member: 'none', stream: true },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/players', action: 'player.events', from: ['api'], member: 'none' },
  { to: 'audio', on: 'DELETE /v1/tenants/:tenant/sessions', action: 'player.delete', from: ['api'], member: 'none' },

  // The erasure of a member. Paths are recorded, so the member is in the body.
  { to: 'audio', on: 'POST /v1/tenants/:tenant/erasures', action: 'member.erase', from: ['api'], member: 'none', answerWithinMs: 60_000 },
  { to: 'worker', on: 'POST /v1/tenants/:tenant/erasures', action: 'member.erase', from: ['api'], member: 'none', answerWithinMs: 60_000 },

  // Discord: a bot's own session and REST calls; voice for audio; a tenant's credential and session for the api.
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/gateway/stream', action: 'gateway.stream', from: ['bot'], member: 'none', stream: true },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/gateway/ack', action: 'gateway.send', from: ['bot'], member: 'none', journal: 'later' },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/gateway/send', action: 'gateway.send', from: ['bot'], member: 'none' },
  { to: 'discord-edge', on: 'GET POST PUT PATCH DELETE /v1/tenants/:tenant/rest/*', action: 'discord.rest', from: ['bot'], member: 'none', relays: true },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/guilds/:guild/voice', action: 'voice.send', from: ['audio'], member: 'none', answerWithinMs: 3_000 },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/guilds/:guild/request-channel/check', action: 'request-channel.check', from: ['audio'], member: 'none' },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/request-channels/changed', action: 'request-channel.follow', from: ['audio'], member: 'none' },
  { to: 'discord-edge', on: 'GET /v1/replicas/:replica/voice-events', action: 'voice.events', from: ['audio'], member: 'none', stream: true },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/credential/check', action: 'credential.check', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'PUT /v1/tenants/:tenant/credential', action: 'credential.store', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'DELETE /v1/tenants/:tenant/credential', action: 'credential.delete', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'PUT /v1/tenants/:tenant/session', action: 'session.start', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'DELETE /v1/tenants/:tenant/session', action: 'session.stop', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/session', action: 'session.read', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'GET /v1/replicas/:replica/sessions', action: 'session.read', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/session/events', action: 'session.read', from: ['api'], member: 'none', stream: true },
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/guilds', action: 'session.read', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/guilds/:guild', action: 'session.read', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/guilds/:guild/members', action: 'guild.members', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/guilds/:guild/members/:user/voice', action: 'session.read', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/commands', action: 'session.read', from: ['api'], member: 'none' },

  // Versions and ages of a tenant's keys, from each process that has some.
  { to: 'discord-edge', on: 'GET /v1/tenants/:tenant/keys', action: 'key.read', from: ['api'], member: 'none' },
  { to: 'worker', on: 'GET /v1/tenants/:tenant/keys', action: 'key.read', from: ['api'], member: 'none' },
  { to: 'audio', on: 'GET /v1/tenants/:tenant/keys', action: 'key.read', from: ['api'], member: 'none' },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/keys/rotation', action: 'key.rotate', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/tenants/:tenant/keys/rotation', action: 'key.rotate', from: ['api'], member: 'none' },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/keys/rotation', action: 'key.rotate', from: ['api'], member: 'none' },

  // A key in the tenant's own Vault: the processes that seal with it wait for that Vault.
  { to: 'discord-edge', on: 'PUT DELETE /v1/tenants/:tenant/keys/external/:any', action: 'key.external', from: ['api'], member: 'none', answerWithinMs: 13_000 },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/keys/external/check', action: 'key.external', from: ['api'], member: 'none', answerWithinMs: 13_000 },
  { to: 'discord-edge', on: 'POST /v1/tenants/:tenant/keys/external/carry', action: 'key.external', from: ['api'], member: 'none', answerWithinMs: 40_000 },
  { to: 'audio', on: 'PUT DELETE /v1/tenants/:tenant/keys/external/:any', action: 'key.external', from: ['api'], member: 'none', answerWithinMs: 13_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/keys/external/check', action: 'key.external', from: ['api'], member: 'none', answerWithinMs: 13_000 },
  { to: 'audio', on: 'POST /v1/tenants/:tenant/keys/external/carry', action: 'key.external', from: ['api'], member: 'none', answerWithinMs: 40_000 },

  // Where a tenant has events sent: the worker seals the secrets, and sends.
  { to: 'worker', on: 'GET /v1/tenants/:tenant/webhooks', action: 'webhook.read', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/tenants/:tenant/webhooks', action: 'webhook.write', from: ['api'], member: 'none' },
  { to: 'worker', on: 'PATCH /v1/tenants/:tenant/webhooks/:any', action: 'webhook.write', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/tenants/:tenant/webhooks/:any/removal', action: 'webhook.write', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/tenants/:tenant/webhooks/:any/secret', action: 'webhook.write', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/tenants/:tenant/webhooks/:any/test', action: 'webhook.write', from: ['api'], member: 'none' },
  { to: 'worker', on: 'GET /v1/tenants/:tenant/webhooks/:any/deliveries', action: 'webhook.read', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/tenants/:tenant/webhooks/:any/replay', action: 'webhook.write', from: ['api'], member: 'none' },

  // What the worker does at certain times, for operators.
  { to: 'worker', on: 'GET /v1/schedules', action: 'schedule.read', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/schedules/:any/run', action: 'schedule.run', from: ['api'], member: 'none' },
  { to: 'worker', on: 'GET /v1/projections', action: 'projection.read', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/projections/:any/rebuild', action: 'projection.rebuild', from: ['api'], member: 'none' },

  // Events that a consumer could not handle, for operators.
  { to: 'worker', on: 'GET /v1/dead-letters', action: 'event.read', from: ['api'], member: 'none' },
  { to: 'worker', on: 'POST /v1/dead-letters/:any/replay', action: 'event.replay', from: ['api'], member: 'none' },

  // Certificates of deletion; the tenant is gone by then, so the path names the deletion.
  { to: 'worker', on: 'GET /v1/deletions/key', action: 'deletion.read', from: ['api'], member: 'none' },
  { to: 'worker', on: 'PUT /v1/deletions/:any/certificate', action: 'deletion.certify', from: ['api'], member: 'none' },

  // Bot instances.
  { to: 'supervisor', on: 'PUT /v1/tenants/:tenant/instance', action: 'instance.start', from: ['api'], member: 'none' },
  { to: 'supervisor', on: 'DELETE /v1/tenants/:tenant/instance', action: 'instance.stop', from: ['api'], member: 'none' },
  { to: 'supervisor', on: 'GET /v1/tenants/:tenant/instance', action: 'instance.read', from: ['api'], member: 'none' },
  { to: 'supervisor', on: 'GET /v1/instances', action: 'instance.read', from: ['api'], member: 'none' },
  { to: 'supervisor', on: 'GET /v1/tenants/:tenant/instance/events', action: 'instance.read', from: ['api'], member: 'none', stream: true },

  // Lavalink nodes: `/tenants/:tenant/nodes/:node` is the proxy's, the rest is Lavalink's own address.
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/websocket', action: 'lavalink.connect', from: ['audio'], member: 'none', fencedBy: 'audio', upgrade: 'websocket' },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/loadtracks', action: 'lavalink.load', from: ['audio'], member: 'none', answerWithinMs: 4_500 },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/decodetrack', action: 'lavalink.load', from: ['audio'], member: 'none', answerWithinMs: 4_500 },
  { to: 'lavalink', on: 'POST /tenants/:tenant/nodes/:node/v4/decodetracks', action: 'lavalink.load', from: ['audio'], member: 'none', journal: 'later', answerWithinMs: 4_500 },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/info', action: 'lavalink.read', from: ['audio'], member: 'none' },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/stats', action: 'lavalink.read', from: ['audio'], member: 'none' },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/version', action: 'lavalink.read', from: ['audio'], member: 'none' },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/sessions/:session/players', action: 'lavalink.read', from: ['audio'], member: 'none', fencedBy: 'audio' },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/sessions/:session/players/:guild', action: 'lavalink.read', from: ['audio'], member: 'none', fencedBy: 'audio' },
  { to: 'lavalink', on: 'PATCH DELETE /tenants/:tenant/nodes/:node/v4/sessions/:session/players/:guild', action: 'lavalink.write', from: ['audio'], member: 'none', fencedBy: 'audio' },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/sessions/:session/players/:guild/track/lyrics', action: 'lavalink.read', from: ['audio'], member: 'none', fencedBy: 'audio', answerWithinMs: 4_500 },
  { to: 'lavalink', on: 'PUT DELETE /tenants/:tenant/nodes/:node/v4/sessions/:session/players/:guild/sponsorblock/categories', action: 'lavalink.write', from: ['audio'], member: 'none', fencedBy: 'audio' },
  { to: 'lavalink', on: 'GET /tenants/:tenant/nodes/:node/v4/lyrics', action: 'lavalink.read', from: ['audio'], member: 'none', answerWithinMs: 4_500 },
  { to: 'lavalink', on: 'PATCH /tenants/:tenant/nodes/:node/v4/sessions/:session', action: 'lavalink.write', from: ['audio'], member: 'none', fencedBy: 'audio' },

  // The public listener: the API, which authenticates callers itself, and the portal's pages (/docs and /openapi.json
  // too).
  { to: 'api', on: 'GET /v1/tenants/:any/live', action: 'api.public', from: ['public'], member: 'none', stream: true },
  { to: 'api', on: 'GET /v1/tenants/:any/onboarding/events', action: 'api.public', from: ['public'], member: 'none', stream: true },
  { to: 'api', on: 'GET /v1/tenants/:any/audit/stream', action: 'api.public', from: ['public'], member: 'none', stream: true },
  { to: 'api', on: 'GET HEAD POST PUT PATCH DELETE OPTIONS /v1/*', action: 'api.public', from: ['public'], member: 'none' },
  { to: 'api', on: 'GET HEAD OPTIONS /', action: 'api.public', from: ['public'], member: 'none' },
  { to: 'api', on: 'GET HEAD OPTIONS /*', action: 'api.public', from: ['public'], member: 'none' },
] as const satisfies readonly RouteDefinition[];

/** The action that a route requires, named as for `addressOf`. */
export function actionOf<To extends Target>(to: To, on: RouteTo<To>): Action {
  const [method = '', path = ''] = on.split(' ');
  const route = routeDefinitions.find((each) => {
    const words: readonly string[] = each.on.split(' ');
    return each.to === to && words.includes(method) && words.at(-1) === path;
  });
  if (!route) throw new Error(`no route '${to} ${on}'`);
  return route.action;
}
