import { inEachLanguage, type InEachLanguage } from '#infra/kernel/languages.ts';
import type { Loop } from '#services/contracts/player.ts';
import { command } from '../framework/command.ts';
import { choice } from '../framework/options.ts';

const outcomes = inEachLanguage({
  en: {
    off: 'The loop is off.',
    track: 'This track repeats until you turn the loop off.',
    queue: 'The queue repeats: each track goes to its end.',
  },
  de: {
    off: 'Die Wiederholung ist aus.',
    track: 'Dieser Titel wiederholt sich, bis du die Wiederholung ausschaltest.',
    queue: 'Die Warteschlange wiederholt sich: Jeder Titel kommt an ihr Ende.',
  },
  'es-ES': {
    off: 'La repetición está desactivada.',
    track: 'Esta canción se repite hasta que desactives la repetición.',
    queue: 'La cola se repite: cada canción pasa al final.',
  },
  fr: {
    off: 'La boucle est désactivée.',
    track: 'Ce titre se répète jusqu’à ce que tu désactives la boucle.',
    queue: 'La file se répète : chaque titre passe à la fin.',
  },
  'pt-BR': {
    off: 'A repetição está desligada.',
    track: 'Esta faixa se repete até você desligar a repetição.',
    queue: 'A fila se repete: cada faixa vai para o fim.',
  },
}) satisfies InEachLanguage<Record<Loop, string>>;

export const loop = command({
  name: 'loop',
  texts: {
    en: { description: 'Repeat the track or the queue' },
    de: { name: 'wiederholen', description: 'Wiederholt den Titel oder die Warteschlange' },
    'es-ES': { name: 'repetir', description: 'Repite la canción o la cola' },
    fr: { name: 'répéter', description: 'Répète le titre ou la file' },
    'pt-BR': { name: 'repetir', description: 'Repete a faixa ou a fila' },
  },
  says: outcomes,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    mode: choice({
      texts: {
        en: { description: 'What repeats' },
        de: { name: 'was', description: 'Was sich wiederholt' },
        'es-ES': { name: 'qué', description: 'Lo que se repite' },
        fr: { name: 'quoi', description: 'Ce qui se répète' },
        'pt-BR': { name: 'o-que', description: 'O que se repete' },
      },
      choices: {
        track: {
          en: 'This track',
          de: 'Dieser Titel',
          'es-ES': 'Esta canción',
          fr: 'Ce titre',
          'pt-BR': 'Esta faixa',
        },
        queue: {
          en: 'The whole queue',
          de: 'Die ganze Warteschlange',
          'es-ES': 'Toda la cola',
          fr: 'Toute la file',
          'pt-BR': 'A fila inteira',
        },
        off: { en: 'Nothing', de: 'Nichts', 'es-ES': 'Nada', fr: 'Rien', 'pt-BR': 'Nada' },
      },
      required: false,
    }),
  },
  run: async ({ player, on, options, words }) => {
    const { mode } = options;
    const done = await player.operate(on, 'loop', mode === undefined ? undefined : { mode });
    return { content: outcomes[words.language][mode ?? done.player.loop] };
  },
});
