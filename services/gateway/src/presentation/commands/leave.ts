import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';

const says = inEachLanguage({
  en: {
    left: 'I have left the voice channel.',
    kept: (tracks: string) =>
      `I have left the voice channel. In the queue for another hour: ${tracks}. Go on with /resume.`,
  },
  de: {
    left: 'Ich habe den Sprachkanal verlassen.',
    kept: (tracks) =>
      `Ich habe den Sprachkanal verlassen. Eine Stunde lang bleiben in der Warteschlange: ${tracks}. Mit /fortsetzen geht es weiter.`,
  },
  'es-ES': {
    left: 'He salido del canal de voz.',
    kept: (tracks) =>
      `He salido del canal de voz. Durante una hora se quedan en la cola: ${tracks}. Sigue con /reanudar.`,
  },
  fr: {
    left: 'J’ai quitté le salon vocal.',
    kept: (tracks) =>
      `J’ai quitté le salon vocal. Restent dans la file pendant une heure : ${tracks}. Pour continuer : /reprendre.`,
  },
  'pt-BR': {
    left: 'Saí do canal de voz.',
    kept: (tracks) => `Saí do canal de voz. Ficam na fila por uma hora: ${tracks}. Continue com /retomar.`,
  },
});

export const leave = command({
  name: 'leave',
  texts: {
    en: { description: 'Leave the voice channel and keep the queue for an hour' },
    de: { name: 'verlassen', description: 'Verlässt den Sprachkanal; die Warteschlange bleibt eine Stunde lang' },
    'es-ES': { name: 'salir', description: 'Sale del canal de voz y guarda la cola durante una hora' },
    fr: { name: 'quitter', description: 'Quitte le salon vocal et garde la file pendant une heure' },
    'pt-BR': { name: 'sair', description: 'Sai do canal de voz e guarda a fila por uma hora' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => {
    const { count } = await player.operate(on, 'leave', undefined);
    const { left, kept } = says[words.language];
    return { content: count === 0 ? left : kept(words.tracks(count)) };
  },
});
