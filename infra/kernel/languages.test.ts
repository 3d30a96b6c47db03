import { expect, test } from 'vitest';
import { languageOf } from './languages.ts';

test.each([
  ['en-GB', 'en'],
  ['en-US', 'en'],
  ['de', 'de'],
  ['es-ES', 'es-ES'],
  ['es-419', 'es-ES'],
  ['fr', 'fr'],
  ['pt-BR', 'pt-BR'],
  ['ja', undefined],
  ['', undefined],
  [undefined, undefined],
  [7, undefined],
])('%s is spoken as %s', (locale, language) => expect(languageOf(locale)).toBe(language));
