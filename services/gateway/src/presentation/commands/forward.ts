import { winding } from './winding.ts';

export const forward = winding(
  'forward',
  {
    en: { description: 'Go forward in the track' },
    de: { name: 'vorspulen', description: 'Spult im Titel vor' },
    'es-ES': { name: 'avanzar', description: 'Avanza en la canción' },
    fr: { name: 'avancer', description: 'Avance dans le titre' },
    'pt-BR': { name: 'avançar', description: 'Avança na faixa' },
  },
  (seconds) => ({ forwardSec: seconds }),
);
