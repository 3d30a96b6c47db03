import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';

const says = inEachLanguage({
  en: {
    there: (channel: string) => `Joined ${channel}.`,
    done: 'Joined.',
  },
  de: {
    there: (channel) => `Ich bin jetzt in ${channel}.`,
    done: 'Ich bin da.',
  },
  'es-ES': {
    there: (channel) => `Ya estoy en ${channel}.`,
    done: 'Ya estoy aquí.',
  },
  fr: {
    there: (channel) => `J’ai rejoint ${channel}.`,
    done: 'Me voilà.',
  },
  'pt-BR': {
    there: (channel) => `Entrei em ${channel}.`,
    done: 'Cheguei.',
  },
});

export const join = command({
  name: 'join',
  texts: {
    en: { description: 'Come to your voice channel' },
    de: { name: 'beitreten', description: 'Kommt in deinen Sprachkanal' },
    'es-ES': { name: 'entrar', description: 'Entra en tu canal de voz' },
    fr: { name: 'rejoindre', description: 'Rejoint ton salon vocal' },
    'pt-BR': { name: 'entrar', description: 'Entra no seu canal de voz' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => {
    const { player: after } = await player.operate(on, 'join', undefined);
    const { there, done } = says[words.language];
    return { content: after.voiceChannel === null ? done : there(`<#${after.voiceChannel}>`) };
  },
});
