import { playableFile, type AttachedFile } from '#policies/attached-file.ts';
import { command, type Command, type Invocation, type Reply } from '../framework/command.ts';
import type { Words } from '../language/en.ts';
import { describe } from '../views/enqueue-view.ts';
import { limits } from '../views/fitting.ts';
import { choiceOf } from '../views/text.ts';
import { fileOption, queryOption } from './shared-options.ts';

/** Choices of found tracks for an option `query`. */
export const found: NonNullable<Command['complete']> = async ({ player, on, ownWords }, typed) => {
  if (typed.trim().length < 2 || typed.includes('://')) return [];
  const tracks = await player.search(on, typed);
  return tracks.map((track) => ({
    name: choiceOf(ownWords, track),
    // A longer URL is replaced by a search for its title.
    value: track.uri.length <= limits.choice ? track.uri : `${track.title} ${track.author}`,
  }));
};

/** Tracks of one's own that are offered beside what a search finds. */
const ownOffered = 5;

/**
 * What a member likes and has played most, all of it until something is typed, and then what fits with what a search
 * finds. Without these lists, only the search.
 */
const suggested: NonNullable<Command['complete']> = async (invocation, typed, option) => {
  const { library, on, ownWords } = invocation;
  const listed = (name: 'favourite.list' | 'top.mine') =>
    library.part(on, name, { from: 0, limit: limits.choices }).then(
      ({ tracks }) => tracks,
      () => [],
    );
  const [favourites, most, search] = await Promise.all([
    listed('favourite.list'),
    listed('top.mine'),
    found(invocation, typed, option),
  ]);
  const wanted = typed.trim().toLowerCase();
  const own = [...favourites, ...most].flatMap(({ uri, ...track }) =>
    uri !== null && uri.length <= limits.choice && `${track.title} ${track.author}`.toLowerCase().includes(wanted)
      ? [{ name: choiceOf(ownWords, track), value: uri }]
      : [],
  );
  const fitting = wanted.length < 2 ? own : own.slice(0, ownOffered);
  return [...new Map([...fitting, ...search].map((choice) => [choice.value, choice])).values()];
};

interface WhatToPlay {
  readonly query: string | undefined;
  readonly file: AttachedFile | undefined;
}

/** What is to be looked for: the edge has signed the same (policies/commands.ts). */
function wantedFrom({ query, file }: WhatToPlay, { files }: Words): { readonly query: string } | Reply {
  if ((query === undefined) === (file === undefined)) return { content: files.oneOf, refused: true };
  if (file === undefined) return { query: query ?? '' };
  const address = playableFile(file);
  return address.ok ? { query: address.value } : { content: files[address.fault], refused: true };
}

/** What the commands that add tracks have in common; `placement` is where they add them, at the end by default. */
const adding = (placement?: 'next' | 'now') =>
  ({
    category: 'music',
    rateLimit: { uses: 8, windowSec: 30, per: 'user' },
    options: { query: queryOption(false), file: fileOption },
    run: async ({ player, on, options, words, ownWords }: Invocation<WhatToPlay>) => {
      const wanted = wantedFrom(options, ownWords);
      if (!('query' in wanted)) return wanted;
      return { content: describe(words, await player.enqueue(on, wanted.query, placement), placement) };
    },
    complete: suggested,
  }) as const;

export const play = command({
  name: 'play',
  texts: {
    en: { description: 'Play a track or playlist from a search or link' },
    de: { name: 'abspielen', description: 'Spielt einen Titel oder eine Playlist: Suchwörter oder ein Link' },
    'es-ES': { name: 'reproducir', description: 'Reproduce una canción o una lista: palabras o un enlace' },
    fr: { name: 'jouer', description: 'Joue un titre ou une playlist : mots-clés ou lien' },
    'pt-BR': { name: 'tocar', description: 'Toca uma faixa ou uma playlist: palavras ou um link' },
  },
  ...adding(),
  menu: {
    name: 'Play this',
    names: { de: 'Das abspielen', 'es-ES': 'Reproducir esto', fr: 'Jouer ceci', 'pt-BR': 'Tocar isto' },
    run: async ({ player, on, options: { link }, words, ownWords }) =>
      link === undefined
        ? { content: ownWords.noLink, refused: true }
        : { content: describe(words, await player.enqueue(on, link)) },
  },
});

export const playnext = command({
  name: 'playnext',
  texts: {
    en: { description: 'Add a track or playlist before all that wait' },
    de: { name: 'als-nächstes', description: 'Reiht einen Titel oder eine Playlist vor allen anderen ein' },
    'es-ES': { name: 'a-continuación', description: 'Añade una canción o una lista al principio de la cola' },
    fr: { name: 'ensuite', description: 'Ajoute un titre ou une playlist en tête de file' },
    'pt-BR': { name: 'a-seguir', description: 'Adiciona uma faixa ou uma playlist ao começo da fila' },
  },
  ...adding('next'),
});

export const playnow = command({
  name: 'playnow',
  texts: {
    en: { description: 'Play a track or playlist at once, instead of the current track' },
    de: { name: 'sofort', description: 'Spielt einen Titel oder eine Playlist sofort, anstelle des laufenden Titels' },
    'es-ES': { name: 'ahora', description: 'Reproduce una canción o una lista ya, en lugar de la canción actual' },
    fr: {
      name: 'maintenant',
      description: 'Joue un titre ou une playlist tout de suite, à la place du titre en cours',
    },
    'pt-BR': { name: 'agora', description: 'Toca uma faixa ou uma playlist já, no lugar da faixa atual' },
  },
  ...adding('now'),
});
