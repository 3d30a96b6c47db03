import type { InEachLanguage, Language } from '#infra/kernel/languages.ts';
import { de } from './de.ts';
import { en, type Words } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { ptBr } from './pt-br.ts';

const catalogues: InEachLanguage<Words> = { en, de, 'es-ES': es, fr, 'pt-BR': ptBr };

/** What the bot says in this language. */
export const wordsIn = (language: Language): Words => catalogues[language];
