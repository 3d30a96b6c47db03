import { winding } from './winding.ts';

export const rewind = winding(
  'rewind',
  {
    en: { description: 'Go back in the track' },
    de: { name: 'zurückspulen', description: 'Spult im Titel zurück' },
    'es-ES': { name: 'retroceder', description: 'Retrocede en la canción' },
    fr: { name: 'reculer', description: 'Recule dans le titre' },
    'pt-BR': { name: 'retroceder', description: 'Volta na faixa' },
  },
  (seconds) => ({ rewindSec: seconds }),
);
