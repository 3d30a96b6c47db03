import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { yes } from '../framework/options.ts';

const says = inEachLanguage({
  en: {
    on: 'Autoplay is on: when the queue is over, tracks like the last one follow.',
    off: 'Autoplay is off: the music ends with the queue.',
  },
  de: {
    on: 'Autoplay ist an: Nach der Warteschlange folgen Titel, die zum letzten passen.',
    off: 'Autoplay ist aus: Die Musik endet mit der Warteschlange.',
  },
  'es-ES': {
    on: 'La reproducción automática está activada: tras la cola siguen canciones parecidas a la última.',
    off: 'La reproducción automática está desactivada: la música termina con la cola.',
  },
  fr: {
    on: 'La lecture automatique est activée : après la file viennent des titres proches du dernier.',
    off: 'La lecture automatique est désactivée : la musique s’arrête avec la file.',
  },
  'pt-BR': {
    on: 'A reprodução automática está ligada: depois da fila vêm faixas parecidas com a última.',
    off: 'A reprodução automática está desligada: a música termina com a fila.',
  },
});

export const autoplay = command({
  name: 'autoplay',
  texts: {
    en: { description: 'Continue with related tracks when the queue is over' },
    de: { name: 'autoplay', description: 'Macht nach der Warteschlange mit ähnlichen Titeln weiter' },
    'es-ES': { name: 'automática', description: 'Sigue con canciones parecidas cuando se acaba la cola' },
    fr: { name: 'lecture-auto', description: 'Continue avec des titres proches quand la file est finie' },
    'pt-BR': { name: 'automático', description: 'Continua com faixas parecidas quando a fila acaba' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    on: yes({
      texts: {
        en: { description: 'Turn it on or off; without this, it is switched' },
        de: { name: 'an', description: 'Ob es weitergeht; ohne Angabe andersherum als bisher' },
        'es-ES': { name: 'activada', description: 'Si sigue o no; si no dices nada, al revés que ahora' },
        fr: { name: 'activée', description: 'Si elle continue ; sans valeur, l’inverse de maintenant' },
        'pt-BR': { name: 'ligado', description: 'Se continua; sem valor, o contrário de agora' },
      },
      required: false,
    }),
  },
  run: async ({ player, on, options, words }) => {
    const done = await player.operate(on, 'autoplay', options.on === undefined ? undefined : { on: options.on });
    const { on: isOn, off } = says[words.language];
    return { content: done.player.autoplay ? isOn : off };
  },
});
