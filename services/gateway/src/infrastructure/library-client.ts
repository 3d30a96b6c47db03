import {
  exportedSchema,
  libraryChanges,
  libraryChangeSchema,
  libraryLists,
  libraryPartSchema,
  libraryPlays,
  libraryPlaySchema,
  playlistsSchema,
} from '#services/contracts/library.ts';
import type { LibraryPort } from '../application/library-port.ts';
import { createAudioCall } from './audio-call.ts';
import type { ProxyClient } from './proxy-client.ts';

/** A search or the music server may be waited for: gateway-proxy waits 18 s. */
const loadingTimeoutMs = 20_000;
const choicesTimeoutMs = 2_000;

/** The audio service's library routes (policies/routes.ts) as the port of the use cases. */
export function createLibraryClient({
  proxy,
  tenant,
}: {
  readonly proxy: ProxyClient;
  readonly tenant: string;
}): LibraryPort {
  const call = createAudioCall(proxy, tenant);
  return {
    change: (on, name, body) =>
      call({ ...on, on: libraryChanges[name].on, body, timeoutMs: loadingTimeoutMs }, libraryChangeSchema),
    play: (on, name, body) =>
      call({ ...on, on: libraryPlays[name].on, body, timeoutMs: loadingTimeoutMs }, libraryPlaySchema),
    part: (on, name, query) => call({ ...on, on: libraryLists[name].on, query: { ...query } }, libraryPartSchema),
    async playlists(on) {
      const route = 'GET /v1/tenants/:tenant/guilds/:guild/library/playlists';
      return (await call({ ...on, on: route, timeoutMs: choicesTimeoutMs }, playlistsSchema)).playlists;
    },
    export: (on, name) =>
      call(
        { ...on, on: 'GET /v1/tenants/:tenant/guilds/:guild/library/playlists/export', query: { name } },
        exportedSchema,
      ),
  };
}
