import { languages, type InEachLanguage } from '#infra/kernel/languages.ts';
import { presetNames, type Preset } from '#services/contracts/presets.ts';
import { file, integer, text } from '../framework/options.ts';
import { wordsIn } from '../language/words.ts';

const labels = (name: Preset) =>
  Object.fromEntries(
    languages.map((language) => [language, wordsIn(language).filters.presets[name]]),
  ) as InEachLanguage<string>;

/** The filters as choices. */
export const presets = Object.fromEntries(presetNames.map((name) => [name, labels(name)])) as Readonly<
  Record<Preset, InEachLanguage<string>>
>;

/** The page of a list, up to `last`. */
export const pageOption = (last: number) =>
  integer({
    texts: {
      en: { description: 'The page to show' },
      de: { name: 'seite', description: 'Welche Seite' },
      'es-ES': { name: 'página', description: 'La página que quieres ver' },
      fr: { name: 'page', description: 'La page à afficher' },
      'pt-BR': { name: 'página', description: 'A página a mostrar' },
    },
    min: 1,
    max: last,
    required: false,
  });

/** A track by its place in the queue. */
export const queuePosition = integer({
  texts: {
    en: { description: 'Its position in /queue' },
    de: { name: 'platz', description: 'Sein Platz in der /warteschlange' },
    'es-ES': { name: 'puesto', description: 'Su puesto en la /cola' },
    fr: { name: 'position', description: 'Sa position dans la /file' },
    'pt-BR': { name: 'posição', description: 'A posição dela na /fila' },
  },
  min: 1,
  max: 1_000,
  required: true,
});

/** How far to go in a track. */
export const secondsOption = integer({
  texts: {
    en: { description: 'How many seconds' },
    de: { name: 'sekunden', description: 'Wie viele Sekunden' },
    'es-ES': { name: 'segundos', description: 'Cuántos segundos' },
    fr: { name: 'secondes', description: 'Combien de secondes' },
    'pt-BR': { name: 'segundos', description: 'Quantos segundos' },
  },
  min: 1,
  max: 86_400,
  required: true,
});

/** Speed and pitch. */
export const scaleOption = integer({
  texts: {
    en: { description: '50 to 200, in percent; 100 is normal' },
    de: { name: 'prozent', description: '50 bis 200, in Prozent; 100 ist normal' },
    'es-ES': { name: 'porcentaje', description: 'De 50 a 200, en porcentaje; 100 es lo normal' },
    fr: { name: 'pourcentage', description: 'De 50 à 200, en pourcentage ; 100 est normal' },
    'pt-BR': { name: 'porcentagem', description: 'De 50 a 200, em porcentagem; 100 é o normal' },
  },
  min: 50,
  max: 200,
  required: true,
});

/** What to search for, or an address. */
export const queryOption = <const Required extends boolean>(required: Required) =>
  text({
    texts: {
      en: { description: 'Search words or a link' },
      de: { name: 'suche', description: 'Suchwörter oder ein Link' },
      'es-ES': { name: 'búsqueda', description: 'Palabras o un enlace' },
      fr: { name: 'recherche', description: 'Des mots-clés ou un lien' },
      'pt-BR': { name: 'busca', description: 'Palavras ou um link' },
    },
    maxLength: 500,
    complete: true,
    required,
  });

/** A song that the member uploads. */
export const fileOption = file({
  texts: {
    en: { description: 'Or an audio file' },
    de: { name: 'datei', description: 'Oder eine Audiodatei' },
    'es-ES': { name: 'archivo', description: 'O un archivo de audio' },
    fr: { name: 'fichier', description: 'Ou un fichier audio' },
    'pt-BR': { name: 'arquivo', description: 'Ou um arquivo de áudio' },
  },
  required: false,
});
