import { command } from '../framework/command.ts';
import { integer, type Texts } from '../framework/options.ts';
import { votesLine } from '../views/policy-view.ts';

const group: Texts = {
  en: { description: 'Votes to skip a track' },
  de: { name: 'abstimmen', description: 'Abstimmungen über das Überspringen' },
  'es-ES': { name: 'votar-salto', description: 'Votaciones para saltar una canción' },
  fr: { name: 'vote-passer', description: 'Les votes pour passer un titre' },
  'pt-BR': { name: 'votar-pular', description: 'Votações para pular uma faixa' },
};

const shared = { group, category: 'server', rateLimit: { uses: 5, windowSec: 30, per: 'user' } } as const;

export const voteskipShow = command({
  name: 'voteskip show',
  texts: {
    en: { description: 'Show whether skipping needs votes, and how many' },
    de: { name: 'zeigen', description: 'Zeigt, ob und wie viele Stimmen zum Überspringen nötig sind' },
    'es-ES': { name: 'mostrar', description: 'Muestra si saltar requiere votos, y cuántos' },
    fr: { name: 'afficher', description: 'Affiche s’il faut des votes pour passer, et combien' },
    'pt-BR': { name: 'mostrar', description: 'Mostra se pular exige votos, e quantos' },
  },
  ...shared,
  options: {},
  quiet: true,
  run: async ({ policy, on, words }) => ({ content: votesLine(words, (await policy.show(on)).policy) }),
});

export const voteskipSet = command({
  name: 'voteskip set',
  texts: {
    en: { description: 'Set what share of the listeners has to vote' },
    de: { name: 'einstellen', description: 'Stellt ein, welcher Anteil der Zuhörenden stimmen muss' },
    'es-ES': { name: 'ajustar', description: 'Ajusta qué parte de los oyentes debe votar' },
    fr: { name: 'régler', description: 'Règle la part des auditeurs qui doit voter' },
    'pt-BR': { name: 'ajustar', description: 'Ajusta que parte dos ouvintes precisa votar' },
  },
  ...shared,
  options: {
    percent: integer({
      texts: {
        en: { description: '1 to 100, in percent; 0 turns votes off' },
        de: { name: 'prozent', description: '1 bis 100, in Prozent; 0 schaltet Abstimmungen aus' },
        'es-ES': { name: 'porcentaje', description: 'De 1 a 100, en porcentaje; 0 desactiva las votaciones' },
        fr: { name: 'pourcentage', description: 'De 1 à 100, en pourcentage ; 0 désactive les votes' },
        'pt-BR': { name: 'porcentagem', description: 'De 1 a 100, em porcentagem; 0 desliga as votações' },
      },
      min: 0,
      max: 100,
      required: true,
    }),
  },
  quiet: true,
  run: async ({ policy, on, options, words }) => ({
    content: votesLine(words, (await policy.change(on, { percent: options.percent })).policy),
  }),
});
