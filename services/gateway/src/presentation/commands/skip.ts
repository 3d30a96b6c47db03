import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { nowPlays } from '../views/operation-view.ts';

const says = inEachLanguage({
  en: {
    votes: (votes: string, needed: string) => `${votes} of ${needed} votes`,
    counted: (votes: string) => `${votes} to skip. Others can vote with /skip.`,
    byVote: (votes: string) => `Skipped: ${votes}.`,
    skipped: 'Skipped.',
    last: 'That was the last track.',
  },
  de: {
    votes: (votes, needed) => `${votes} von ${needed} Stimmen`,
    counted: (votes) => `${votes} fürs Überspringen. Andere stimmen mit /überspringen ab.`,
    byVote: (votes) => `Übersprungen: ${votes}.`,
    skipped: 'Übersprungen.',
    last: 'Das war der letzte Titel.',
  },
  'es-ES': {
    votes: (votes, needed) => `${votes} de ${needed} votos`,
    counted: (votes) => `${votes} para saltarla. Los demás votan con /saltar.`,
    byVote: (votes) => `Saltada: ${votes}.`,
    skipped: 'Saltada.',
    last: 'Era la última canción.',
  },
  fr: {
    votes: (votes, needed) => `${votes} votes sur ${needed}`,
    counted: (votes) => `${votes} pour passer. Les autres votent avec /passer.`,
    byVote: (votes) => `Titre passé : ${votes}.`,
    skipped: 'Titre passé.',
    last: 'C’était le dernier titre.',
  },
  'pt-BR': {
    votes: (votes, needed) => `${votes} de ${needed} votos`,
    counted: (votes) => `${votes} para pular. Os outros votam com /pular.`,
    byVote: (votes) => `Pulada: ${votes}.`,
    skipped: 'Pulada.',
    last: 'Era a última faixa.',
  },
});

export const skip = command({
  name: 'skip',
  texts: {
    en: { description: 'Skip the current track' },
    de: { name: 'überspringen', description: 'Überspringt den laufenden Titel' },
    'es-ES': { name: 'saltar', description: 'Salta la canción actual' },
    fr: { name: 'passer', description: 'Passe le titre en cours' },
    'pt-BR': { name: 'pular', description: 'Pula a faixa atual' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => {
    const { player: after, vote } = await player.skip(on);
    const { votes, counted, byVote, skipped, last } = says[words.language];
    const { number } = words.amounts;
    const stand = vote && votes(number(vote.votes), number(vote.needed));
    if (stand !== undefined && !vote?.skipped) return { content: counted(stand) };
    const done = stand === undefined ? skipped : byVote(stand);
    return { content: after.current ? nowPlays(words, done, after) : `${done} ${last}` };
  },
});
