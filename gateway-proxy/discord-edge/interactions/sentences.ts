import { inEachLanguage, languageOf, type Language } from '#infra/kernel/languages.ts';
import type { TrackedInteraction } from './interaction.ts';

/** What members read in the bot's place, in every language that it speaks. */
export const sentences = inEachLanguage({
  en: {
    busy: "I'm getting more commands than I can handle right now. Try again in a moment.",
    /** Said whether or not anything was done: a bot may have died after acting and before answering. */
    notFinished:
      'Something went wrong on my side, and your command may not have worked. Check the queue before you try again.',
    suspended: 'This bot is suspended.',
    deleted: 'This bot has been removed.',
  },
  de: {
    busy: 'Ich bekomme gerade mehr Befehle, als ich schaffe. Versuch es gleich noch einmal.',
    notFinished:
      'Bei mir ist etwas schiefgegangen, und vielleicht hat dein Befehl nicht gewirkt. Sieh in der Warteschlange nach, bevor du es noch einmal versuchst.',
    suspended: 'Dieser Bot ist gesperrt.',
    deleted: 'Dieser Bot wurde entfernt.',
  },
  'es-ES': {
    busy: 'Recibo más comandos de los que puedo atender. Inténtalo de nuevo en un momento.',
    notFinished:
      'Algo ha fallado por mi parte y quizá tu comando no haya funcionado. Mira la cola antes de intentarlo de nuevo.',
    suspended: 'Este bot está suspendido.',
    deleted: 'Este bot se ha retirado.',
  },
  fr: {
    busy: 'Je reçois plus de commandes que je ne peux en traiter. Réessaie dans un instant.',
    notFinished:
      'Quelque chose s’est mal passé de mon côté, et ta commande n’a peut-être pas fonctionné. Vérifie la file avant de réessayer.',
    suspended: 'Ce bot est suspendu.',
    deleted: 'Ce bot a été retiré.',
  },
  'pt-BR': {
    busy: 'Estou recebendo mais comandos do que consigo atender. Tente de novo daqui a pouco.',
    notFinished:
      'Algo deu errado do meu lado, e talvez o seu comando não tenha funcionado. Confira a fila antes de tentar de novo.',
    suspended: 'Este bot está suspenso.',
    deleted: 'Este bot foi removido.',
  },
});
export type Sentence = keyof (typeof sentences)['en'];

/**
 * In the member's own language if only they see it, otherwise in the server's. What the server has chosen as the bot's
 * language is not known here: what Discord says of the server counts.
 */
export function sentenceFor(
  { payload }: Pick<TrackedInteraction, 'payload'>,
  sentence: Sentence,
  seenBy: 'member' | 'everybody',
): string {
  const locale = payload?.[seenBy === 'member' ? 'locale' : 'guild_locale'];
  return sentenceIn(languageOf(locale) ?? 'en', sentence);
}

export const sentenceIn = (language: Language, sentence: Sentence): string => sentences[language][sentence];
