import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { choice, integer, member } from '../framework/options.ts';
import { titleOf } from '../views/operation-view.ts';

const says = inEachLanguage({
  en: {
    oneWay: 'Name one of: a position (with `to` for a range), a member, or what to remove.',
    removed: (what: string) => `Removed ${what}.`,
  },
  de: {
    oneWay: 'Nenne eins davon: einen Platz (mit `bis` für einen Bereich), ein Mitglied oder was entfernt werden soll.',
    removed: (what) => `Entfernt: ${what}.`,
  },
  'es-ES': {
    oneWay: 'Indica una de estas cosas: un puesto (con `hasta` para un intervalo), un miembro o qué quitar.',
    removed: (what) => `Fuera de la cola: ${what}.`,
  },
  fr: {
    oneWay:
      'Indique une seule chose : une position (avec `jusque` pour un intervalle), un membre ou ce qu’il faut retirer.',
    removed: (what) => `Retiré : ${what}.`,
  },
  'pt-BR': {
    oneWay: 'Indique uma destas coisas: uma posição (com `até` para um intervalo), um membro ou o que remover.',
    removed: (what) => `Fora da fila: ${what}.`,
  },
});

export const remove = command({
  name: 'remove',
  texts: {
    en: { description: 'Remove tracks from the queue' },
    de: { name: 'entfernen', description: 'Entfernt Titel aus der Warteschlange' },
    'es-ES': { name: 'quitar', description: 'Quita canciones de la cola' },
    fr: { name: 'retirer', description: 'Retire des titres de la file' },
    'pt-BR': { name: 'remover', description: 'Remove faixas da fila' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    position: integer({
      texts: {
        en: { description: 'A position in /queue' },
        de: { name: 'platz', description: 'Ein Platz in der /warteschlange' },
        'es-ES': { name: 'puesto', description: 'Un puesto de la /cola' },
        fr: { name: 'position', description: 'Une position dans la /file' },
        'pt-BR': { name: 'posição', description: 'Uma posição na /fila' },
      },
      min: 1,
      max: 1_000,
      required: false,
    }),
    to: integer({
      texts: {
        en: { description: 'The last position of a range' },
        de: { name: 'bis', description: 'Der letzte Platz eines Bereichs' },
        'es-ES': { name: 'hasta', description: 'El último puesto de un intervalo' },
        fr: { name: 'jusque', description: 'La dernière position d’un intervalle' },
        'pt-BR': { name: 'até', description: 'A última posição de um intervalo' },
      },
      min: 1,
      max: 1_000,
      required: false,
    }),
    member: member({
      texts: {
        en: { description: 'Everything that this member added' },
        de: { name: 'mitglied', description: 'Alles, was dieses Mitglied hinzugefügt hat' },
        'es-ES': { name: 'miembro', description: 'Todo lo que ha añadido este miembro' },
        fr: { name: 'membre', description: 'Tout ce que ce membre a ajouté' },
        'pt-BR': { name: 'membro', description: 'Tudo o que este membro adicionou' },
      },
      required: false,
    }),
    which: choice({
      texts: {
        en: { description: 'What to remove' },
        de: { name: 'was', description: 'Was entfernt werden soll' },
        'es-ES': { name: 'qué', description: 'Qué quitar' },
        fr: { name: 'quoi', description: 'Ce qu’il faut retirer' },
        'pt-BR': { name: 'o-que', description: 'O que remover' },
      },
      choices: {
        duplicates: {
          en: 'Repeated tracks',
          de: 'Doppelte Titel',
          'es-ES': 'Canciones repetidas',
          fr: 'Titres en double',
          'pt-BR': 'Faixas repetidas',
        },
        absent: {
          en: 'Tracks of members who left the voice channel',
          de: 'Titel von Mitgliedern, die den Sprachkanal verlassen haben',
          'es-ES': 'Canciones de quienes se han ido del canal de voz',
          fr: 'Titres des membres qui ont quitté le salon vocal',
          'pt-BR': 'Faixas de membros que saíram do canal de voz',
        },
      },
      required: false,
    }),
  },
  run: async ({ player, on, options, words, ownWords }) => {
    const { position, to, member: whose, which } = options;
    const named = [position, whose, which].filter((value) => value !== undefined).length;
    if (named !== 1 || (to !== undefined && position === undefined))
      return { content: says[ownWords.language].oneWay, refused: true };
    const selection =
      position !== undefined
        ? { position, ...(to === undefined ? {} : { to }) }
        : whose !== undefined
          ? { member: whose }
          : { which: which ?? 'duplicates' };
    const { count, first } = await player.operate(on, 'remove', selection);
    return { content: says[words.language].removed(count === 1 ? titleOf(words, first) : words.tracks(count)) };
  },
});
