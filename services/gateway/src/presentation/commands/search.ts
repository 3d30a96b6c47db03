import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { text } from '../framework/options.ts';
import { describe } from '../views/enqueue-view.ts';
import { foundView } from '../views/found-view.ts';

const says = inEachLanguage({
  en: {
    title: 'Found',
    pick: 'Pick what to add',
    over: 'Nothing was picked in time. Use /search again.',
  },
  de: {
    title: 'Gefunden',
    pick: 'Wähle aus, was eingereiht wird',
    over: 'Es wurde nichts rechtzeitig ausgewählt. Nutze noch einmal /suchen.',
  },
  'es-ES': {
    title: 'Encontrado',
    pick: 'Elige lo que quieres añadir',
    over: 'No se eligió nada a tiempo. Usa otra vez /buscar.',
  },
  fr: {
    title: 'Trouvé',
    pick: 'Choisis ce qu’il faut ajouter',
    over: 'Rien n’a été choisi à temps. Utilise de nouveau /chercher.',
  },
  'pt-BR': {
    title: 'Encontrado',
    pick: 'Escolha o que adicionar',
    over: 'Nada foi escolhido a tempo. Use /buscar de novo.',
  },
});

export const search = command({
  name: 'search',
  texts: {
    en: { description: 'Search, and pick from what is found' },
    de: { name: 'suchen', description: 'Sucht, und du wählst aus, was gefunden wird' },
    'es-ES': { name: 'buscar', description: 'Busca, y eliges entre lo encontrado' },
    fr: { name: 'chercher', description: 'Cherche, et tu choisis parmi ce qui est trouvé' },
    'pt-BR': { name: 'buscar', description: 'Busca, e você escolhe entre o que for encontrado' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 8, windowSec: 30, per: 'user' },
  options: {
    query: text({
      texts: {
        en: { description: 'What to search for' },
        de: { name: 'suche', description: 'Wonach gesucht wird' },
        'es-ES': { name: 'búsqueda', description: 'Lo que se busca' },
        fr: { name: 'recherche', description: 'Ce qu’il faut chercher' },
        'pt-BR': { name: 'busca', description: 'O que buscar' },
      },
      maxLength: 500,
      complete: false,
      required: true,
    }),
  },
  quiet: true,
  run: async ({ player, on, options, words, id }) => {
    const { title, pick, over } = says[words.language];
    const view = foundView(words, await player.search(on, options.query, 'patiently'), { title, pick, id });
    return view ? { ...view, picker: { over } } : { content: words.refusals['player.nothing-found'], refused: true };
  },
  pick: async ({ player, on, options: { picked }, words }) => ({
    content: describe(words, await player.pick(on, picked)),
    embeds: [],
    components: [],
  }),
});
