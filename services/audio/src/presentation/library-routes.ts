import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { actionOf } from '#policies/routes.ts';
import {
  exportQuerySchema,
  libraryChanges,
  libraryLists,
  libraryPlays,
  type ChangeRequest,
  type Exported,
  type LibraryChange,
  type LibraryChangeResponse,
  type LibraryList,
  type LibraryPart,
  type LibraryPlay,
  type ListQuery,
  type Playlists,
  type PlayRequest,
} from '#services/contracts/library.ts';
import type { EnqueueResponse } from '#services/contracts/player.ts';
import type { Asker } from '../application/member-rules.ts';
import type { GuildKey } from '../application/ports.ts';
import { askerOf, guildKeyOf } from './player-routes.ts';

/** What members keep, and what has played (services/contracts/library.ts). */
export interface LibraryCommands {
  change<Name extends LibraryChange>(
    guildKey: GuildKey,
    asker: Asker,
    name: Name,
    request: ChangeRequest<Name>,
  ): Promise<LibraryChangeResponse>;
  play<Name extends LibraryPlay>(
    guildKey: GuildKey,
    asker: Asker,
    request: PlayRequest<Name>,
  ): Promise<EnqueueResponse>;
  part<Name extends LibraryList>(
    guildKey: GuildKey,
    asker: Asker,
    name: Name,
    query: ListQuery<Name>,
  ): Promise<LibraryPart>;
  playlists(guildKey: GuildKey, asker: Asker): Promise<Playlists>;
  export(guildKey: GuildKey, asker: Asker, name: string): Promise<Exported>;
}

/** Routes behind the guard; whose lists they are about is in the grant, never in the request. */
export function registerLibraryRoutes(app: HttpApp, commands: LibraryCommands): void {
  for (const name of Object.keys(libraryChanges) as LibraryChange[]) registerChange(app, commands, name);
  for (const name of Object.keys(libraryPlays) as LibraryPlay[]) registerPlay(app, commands, name);
  for (const name of Object.keys(libraryLists) as LibraryList[]) registerList(app, commands, name);
  app.get(
    '/v1/tenants/:tenant/guilds/:guild/library/playlists',
    { config: { action: 'playlist.list' } },
    async ({ grant }) => ({ playlists: await commands.playlists(guildKeyOf(grant), askerOf(grant)) }),
  );
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      '/v1/tenants/:tenant/guilds/:guild/library/playlists/export',
      { config: { action: 'playlist.export' }, schema: { querystring: exportQuerySchema } },
      ({ grant, query }) => commands.export(guildKeyOf(grant), askerOf(grant), query.name),
    );
}

/** A request without a body has null. */
const bodyOf = (schema: z.ZodType) => z.preprocess((given) => given ?? undefined, schema);

function registerChange<Name extends LibraryChange>(app: HttpApp, commands: LibraryCommands, name: Name): void {
  const { on, request } = libraryChanges[name];
  app
    .withTypeProvider<ZodTypeProvider>()
    .post(
      on.slice('POST '.length),
      { config: { action: actionOf('audio', on) }, schema: { body: bodyOf(request) } },
      ({ grant, body }) => commands.change(guildKeyOf(grant), askerOf(grant), name, body as ChangeRequest<Name>),
    );
}

function registerPlay<Name extends LibraryPlay>(app: HttpApp, commands: LibraryCommands, name: Name): void {
  const { on, request } = libraryPlays[name];
  app
    .withTypeProvider<ZodTypeProvider>()
    .post(
      on.slice('POST '.length),
      { config: { action: actionOf('audio', on) }, schema: { body: bodyOf(request) } },
      ({ grant, body }) => commands.play<Name>(guildKeyOf(grant), askerOf(grant), body as PlayRequest<Name>),
    );
}

function registerList<Name extends LibraryList>(app: HttpApp, commands: LibraryCommands, name: Name): void {
  const { on, query: querystring } = libraryLists[name];
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      on.slice('GET '.length),
      { config: { action: actionOf('audio', on) }, schema: { querystring } },
      ({ grant, query }) => commands.part(guildKeyOf(grant), askerOf(grant), name, query as ListQuery<Name>),
    );
}
