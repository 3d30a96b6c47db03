import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { lyricsView, pagesOfLyrics } from '../views/lyrics-view.ts';
import { pageFromButton } from '../views/pages.ts';
import { pageOption } from './shared-options.ts';

const says = inEachLanguage({
  en: { title: (track: string) => `Lyrics · ${track}`, from: (provider: string) => `from ${provider}` },
  de: { title: (track) => `Songtext · ${track}`, from: (provider) => `von ${provider}` },
  'es-ES': { title: (track) => `Letra · ${track}`, from: (provider) => `de ${provider}` },
  fr: { title: (track) => `Paroles · ${track}`, from: (provider) => `de ${provider}` },
  'pt-BR': { title: (track) => `Letra · ${track}`, from: (provider) => `de ${provider}` },
});

export const lyrics = command({
  name: 'lyrics',
  texts: {
    en: { description: 'Show the lyrics of what is playing' },
    de: { name: 'songtext', description: 'Zeigt den Text des laufenden Titels' },
    'es-ES': { name: 'letra', description: 'Muestra la letra de lo que suena' },
    fr: { name: 'paroles', description: 'Affiche les paroles du titre en cours' },
    'pt-BR': { name: 'letra', description: 'Mostra a letra do que está tocando' },
  },
  says,
  category: 'information',
  rateLimit: { uses: 6, windowSec: 15, per: 'user' },
  options: { page: pageOption(pagesOfLyrics) },
  quiet: true,
  run: async ({ player, on, options, words }) =>
    lyricsView(words, says[words.language], await player.lyrics(on), options.page),
  // That of the now-playing message names no page: it opens where the music is.
  fromButton: (argument) => (argument === undefined ? { page: undefined } : pageFromButton(argument, pagesOfLyrics)),
});
