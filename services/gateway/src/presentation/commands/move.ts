import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { integer, type Texts } from '../framework/options.ts';
import { titleOf } from '../views/operation-view.ts';
import { queuePosition } from './shared-options.ts';

const moved = inEachLanguage({
  en: (title: string, position: string) => `Moved ${title} to position ${position}.`,
  de: (title, position) => `${title} steht jetzt auf Platz ${position}.`,
  'es-ES': (title, position) => `${title} está ahora en el puesto ${position}.`,
  fr: (title, position) => `${title} est maintenant en position ${position}.`,
  'pt-BR': (title, position) => `${title} está agora na posição ${position}.`,
});

const namedFrom: Texts = {
  en: { description: 'Its position in /queue' },
  de: { name: 'von', description: 'Sein Platz in der /warteschlange' },
  'es-ES': { name: 'de', description: 'Su puesto en la /cola' },
  fr: { name: 'de', description: 'Sa position dans la /file' },
  'pt-BR': { name: 'de', description: 'A posição dela na /fila' },
};

export const move = command({
  name: 'move',
  texts: {
    en: { description: 'Move a track within the queue' },
    de: { name: 'verschieben', description: 'Verschiebt einen Titel in der Warteschlange' },
    'es-ES': { name: 'mover', description: 'Mueve una canción dentro de la cola' },
    fr: { name: 'déplacer', description: 'Déplace un titre dans la file' },
    'pt-BR': { name: 'mover', description: 'Move uma faixa dentro da fila' },
  },
  says: moved,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    from: { ...queuePosition, texts: namedFrom },
    to: integer({
      texts: {
        en: { description: 'Its new position; 1 plays next' },
        de: { name: 'nach', description: 'Sein neuer Platz; 1 kommt als Nächstes' },
        'es-ES': { name: 'a', description: 'Su nuevo puesto; el 1 suena a continuación' },
        fr: { name: 'vers', description: 'Sa nouvelle position ; 1 est le suivant' },
        'pt-BR': { name: 'para', description: 'A nova posição; a 1 toca em seguida' },
      },
      min: 1,
      max: 1_000,
      required: true,
    }),
  },
  run: async ({ player, on, options, words }) => {
    const { from, to } = options;
    const { player: after, first } = await player.operate(on, 'arrange', { from, to });
    const position = words.amounts.number(Math.min(to, after.queueLength));
    return { content: moved[words.language](titleOf(words, first), position) };
  },
});
