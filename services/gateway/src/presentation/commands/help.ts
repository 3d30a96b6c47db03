import { command } from '../framework/command.ts';
import { helpView } from '../views/help-view.ts';

export const help = command({
  name: 'help',
  texts: {
    en: { description: 'Show the commands, and which of them you may use here' },
    de: { name: 'hilfe', description: 'Zeigt die Befehle, und welche du hier benutzen darfst' },
    'es-ES': { name: 'ayuda', description: 'Muestra los comandos y cuáles puedes usar aquí' },
    fr: { name: 'aide', description: 'Affiche les commandes, et celles que tu peux utiliser ici' },
    'pt-BR': { name: 'ajuda', description: 'Mostra os comandos e quais você pode usar aqui' },
  },
  category: 'information',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  quiet: true,
  run: async ({ player, on, commands, words }) => helpView(words, commands, await player.help(on)),
});
