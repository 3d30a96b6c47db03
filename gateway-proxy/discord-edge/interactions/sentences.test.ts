import { expect, test } from 'vitest';
import { languages } from '#infra/kernel/languages.ts';
import { sentenceFor, sentences } from './sentences.ts';

test('are said in every language, within a message of Discord', () => {
  for (const language of languages)
    for (const [name, sentence] of Object.entries(sentences[language])) {
      expect(sentence.length).toBeLessThanOrEqual(2_000);
      if (language !== 'en') expect(sentence, name).not.toBe(sentences.en[name as keyof (typeof sentences)['en']]);
    }
});

test('are said to a member in their language, to everybody in that of the server', () => {
  const payload = { locale: 'de', guild_locale: 'fr' };
  expect(sentenceFor({ payload }, 'suspended', 'member')).toBe('Dieser Bot ist gesperrt.');
  expect(sentenceFor({ payload }, 'suspended', 'everybody')).toBe('Ce bot est suspendu.');
});

test.each([undefined, {}, { locale: 'ja' }, { locale: 7 }])('are said in English without a language: %j', (payload) => {
  expect(sentenceFor({ payload }, 'suspended', 'member')).toBe('This bot is suspended.');
});
