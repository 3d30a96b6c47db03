import { command } from '../framework/command.ts';
import { policyView } from '../views/policy-view.ts';

export const policyShow = command({
  name: 'policy show',
  texts: {
    en: { description: 'Show the rules of this server' },
    de: { name: 'zeigen', description: 'Zeigt die Regeln dieses Servers' },
    'es-ES': { name: 'mostrar', description: 'Muestra las reglas de este servidor' },
    fr: { name: 'afficher', description: 'Affiche les règles de ce serveur' },
    'pt-BR': { name: 'mostrar', description: 'Mostra as regras deste servidor' },
  },
  group: {
    en: { description: 'The rules of this server' },
    de: { name: 'regeln', description: 'Die Regeln dieses Servers' },
    'es-ES': { name: 'reglas', description: 'Las reglas de este servidor' },
    fr: { name: 'règles', description: 'Les règles de ce serveur' },
    'pt-BR': { name: 'regras', description: 'As regras deste servidor' },
  },
  category: 'server',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  quiet: true,
  run: async ({ policy, on, commands, guild, words }) =>
    policyView(words, { ...(await policy.show(on)), commands, guild }),
});
