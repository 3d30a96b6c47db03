import { scaling } from './scaling.ts';

export const pitch = scaling(
  'pitch',
  {
    en: { description: 'Set the pitch for everyone' },
    de: { name: 'tonhöhe', description: 'Stellt die Tonhöhe für alle ein' },
    'es-ES': { name: 'tono', description: 'Ajusta el tono para todos' },
    fr: { name: 'hauteur', description: 'Règle la hauteur du son pour tout le monde' },
    'pt-BR': { name: 'tom', description: 'Ajusta o tom para todos' },
  },
  (percent) => ({ pitch: percent }),
);
