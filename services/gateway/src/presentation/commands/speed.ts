import { scaling } from './scaling.ts';

export const speed = scaling(
  'speed',
  {
    en: { description: 'Set the speed for everyone' },
    de: { name: 'tempo', description: 'Stellt das Tempo für alle ein' },
    'es-ES': { name: 'velocidad', description: 'Ajusta la velocidad para todos' },
    fr: { name: 'vitesse', description: 'Règle la vitesse pour tout le monde' },
    'pt-BR': { name: 'velocidade', description: 'Ajusta a velocidade para todos' },
  },
  (percent) => ({ speed: percent }),
);
