import { command } from '../framework/command.ts';
import { helpView } from '../views/help-view.ts';

export const help = command({
  name: 'help',
  description: 'Show the commands, and which of them you may use here',
  localisations: {
    de: 'Zeigt die Befehle, und welche du hier benutzen darfst',
    fr: 'Affiche les commandes, et celles que tu peux utiliser ici',
    'es-ES': 'Muestra los comandos y cuáles puedes usar aquí',
  },
  category: 'information',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  quiet: true,
  run: async ({ player, on, commands }) => helpView(commands, await player.usable(on)),
});
