import { z } from 'zod';
import { enqueueResponseSchema, leftOutSchema, trackSchema } from './player.ts';

/*
 * What members keep at the audio service, and what has played in a server. Each operation has its own action, by which
 * it is named here: what a member entered for one can do nothing else.
 */

/** Tracks of one list. */
export const keptLimit = 10_000;
/** Playlists of one member. */
export const playlistLimit = 25;
/** Tracks in the history of a server. */
export const historyLength = 100;
/** Characters in the name of a playlist. */
export const longestName = 50;

/** Tracks of which it is counted how often they have played, in a server or for a member. */
export const countedTracks = 200;

/** A track that is kept. `atMs`: when it was added, or when it last played; `plays`: how often, where that is counted. */
export const keptTrackSchema = trackSchema.extend({
  atMs: z.number().int(),
  plays: z.number().int().positive().optional(),
});
export type KeptTrack = z.infer<typeof keptTrackSchema>;

const nameSchema = z.string().min(1).max(100);
/** As members count: 1 is the first. */
const positionSchema = z.number().int().min(1).max(keptLimit);
const nothingSchema = z.undefined();

/** What changes what is kept: the route and its parameters, which are the options as the member entered them. */
export const libraryChanges = {
  /** Without a query, the current track. */
  'favourite.add': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/favourites/add',
    request: z.strictObject({ query: z.string().trim().min(1).max(500) }).optional(),
  },
  'favourite.remove': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/favourites/remove',
    request: z.strictObject({ position: positionSchema }),
  },
  /** Whether what the member asks for is counted, here and in servers. Off deletes the member's own counts. */
  'top.count': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/top/count',
    request: z.strictObject({ on: z.boolean() }),
  },
  'playlist.create': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/create',
    request: z.strictObject({ name: nameSchema }),
  },
  /** Without a query, the current track. */
  'playlist.add': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/add',
    request: z.strictObject({ name: nameSchema, query: z.string().trim().min(1).max(500).optional() }),
  },
  'playlist.remove': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/remove',
    request: z.strictObject({ name: nameSchema, position: positionSchema }),
  },
  'playlist.rename': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/rename',
    request: z.strictObject({ name: nameSchema, to: nameSchema }),
  },
  'playlist.delete': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/delete',
    request: z.strictObject({ name: nameSchema }),
  },
  /** Beyond the end is the end. */
  'playlist.move': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/move',
    request: z.strictObject({ name: nameSchema, from: positionSchema, to: positionSchema }),
  },
  /** A playlist of its own with what plays and waits. */
  'playlist.save': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/save',
    request: z.strictObject({ name: nameSchema }),
  },
  /** A playlist of its own with what is at the link; without a name, it has the name that it has there. */
  'playlist.import': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/import',
    request: z.strictObject({ link: z.string().trim().min(1).max(500), name: nameSchema.optional() }),
  },
  /** A playlist that is shared already keeps its code. */
  'playlist.share': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/share',
    request: z.strictObject({ name: nameSchema }),
  },
  'playlist.unshare': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/unshare',
    request: z.strictObject({ name: nameSchema }),
  },
  /** A playlist of its own with what is in the shared one now; without a name, under the name of that one. */
  'playlist.copy': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/copy',
    request: z.strictObject({ code: z.string().trim().min(1).max(50), name: nameSchema.optional() }),
  },
} as const;
export type LibraryChange = keyof typeof libraryChanges;
export type ChangeRequest<Name extends LibraryChange> = z.infer<(typeof libraryChanges)[Name]['request']>;

/** Tracks that were not added to a list; `list-full`: it has no room left. */
export const keptLeftOutSchema = leftOutSchema.extend({
  reason: z.enum([...leftOutSchema.shape.reason.options, 'list-full']),
});
export type KeptLeftOut = z.infer<typeof keptLeftOutSchema>;

/**
 * The list after a change; `count` and `first` are the tracks that were added, moved or removed. `code`: by which other
 * members of this bot can copy it; null if it is not shared. What is left out is not known to a repeated answer.
 */
export const libraryChangeSchema = z.object({
  name: z.string(),
  length: z.number().int().nonnegative(),
  count: z.number().int().nonnegative(),
  first: keptTrackSchema.nullable(),
  leftOut: z.array(keptLeftOutSchema).default([]),
  code: z.string().nullable().default(null),
});
export type LibraryChangeResponse = z.infer<typeof libraryChangeSchema>;

/** What adds a whole list to the queue; the response is that of playing a playlist. */
export const libraryPlays = {
  'favourite.play': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/favourites/play',
    request: nothingSchema,
  },
  'playlist.play': {
    on: 'POST /v1/tenants/:tenant/guilds/:guild/library/playlists/play',
    request: z.strictObject({ name: nameSchema }),
  },
} as const;
export type LibraryPlay = keyof typeof libraryPlays;
export type PlayRequest<Name extends LibraryPlay> = z.infer<(typeof libraryPlays)[Name]['request']>;
export const libraryPlaySchema = enqueueResponseSchema;

/** Which part of a list: `limit` tracks from the one at `from`, 0 being the first; past the end, the last of such parts. */
export interface Part {
  readonly from: number;
  readonly limit: number;
}
const partQuery = {
  from: z.coerce.number().int().min(0).max(1_000),
  limit: z.coerce.number().int().min(1).max(25),
};

/** Lists of which a part is shown: the route and its query. The history has the newest first, tops the most played. */
export const libraryLists = {
  'favourite.list': {
    on: 'GET /v1/tenants/:tenant/guilds/:guild/library/favourites',
    query: z.strictObject(partQuery),
  },
  'playlist.show': {
    on: 'GET /v1/tenants/:tenant/guilds/:guild/library/playlists/tracks',
    query: z.strictObject({ ...partQuery, name: nameSchema }),
  },
  'history.read': {
    on: 'GET /v1/tenants/:tenant/guilds/:guild/library/history',
    query: z.strictObject(partQuery),
  },
  'top.server': {
    on: 'GET /v1/tenants/:tenant/guilds/:guild/library/top/server',
    query: z.strictObject(partQuery),
  },
  'top.mine': {
    on: 'GET /v1/tenants/:tenant/guilds/:guild/library/top/mine',
    query: z.strictObject(partQuery),
  },
} as const;
export type LibraryList = keyof typeof libraryLists;
export type ListQuery<Name extends LibraryList> = z.infer<(typeof libraryLists)[Name]['query']>;

export const libraryPartSchema = z.object({
  name: z.string(),
  length: z.number().int().nonnegative(),
  from: z.number().int().nonnegative(),
  tracks: z.array(keptTrackSchema).max(25),
});
export type LibraryPart = z.infer<typeof libraryPartSchema>;

/** GET …/library/playlists: a member's playlists, by name. */
export const playlistsSchema = z.object({
  playlists: z.array(z.object({ name: z.string(), length: z.number().int().nonnegative() })).max(playlistLimit),
});

/** GET …/library/playlists/export?name=: the whole of a playlist, to be taken elsewhere. */
export const exportQuerySchema = z.strictObject({ name: nameSchema });
export const exportedSchema = z.object({
  name: z.string(),
  tracks: z
    .array(keptTrackSchema.pick({ title: true, author: true, uri: true, lengthMs: true, source: true, atMs: true }))
    .max(keptLimit),
});
export type Exported = z.infer<typeof exportedSchema>;
export type Playlists = z.infer<typeof playlistsSchema>['playlists'];

/** Codes of refusals that a member can do something about; `away`: the keys cannot be reached. */
export const libraryErrorCodes = {
  away: 'library.unavailable',
  busy: 'library.busy',
  full: 'library.full',
  tooMany: 'library.too-many',
  alreadyKept: 'library.already-kept',
  badName: 'library.bad-name',
  nameTaken: 'library.name-taken',
  unknown: 'library.unknown-playlist',
  empty: 'library.empty',
  noSuchPosition: 'library.no-such-position',
  noLink: 'library.no-link',
  notShared: 'library.not-shared',
  unknownCode: 'library.unknown-code',
} as const;
