import { command } from '../framework/command.ts';

export const join = command({
  name: 'join',
  description: 'Come to your voice channel',
  localisations: {
    de: 'Kommt in deinen Sprachkanal',
    fr: 'Rejoint ton salon vocal',
    'es-ES': 'Entra en tu canal de voz',
  },
  category: 'music',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    const { player: after } = await player.operate(on, 'join', undefined);
    return { content: after.voiceChannel === null ? 'Joined.' : `Joined <#${after.voiceChannel}>.` };
  },
});
