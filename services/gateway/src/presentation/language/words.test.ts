import { describe, expect, test } from 'vitest';
import { languages, type InEachLanguage, type Language } from '#infra/kernel/languages.ts';
import { menus } from '#policies/menus.ts';
import { nameIn } from '../framework/command.ts';
import { commands } from '../commands/index.ts';
import { limits } from '../views/fitting.ts';
import { wordsIn } from './words.ts';

const others = languages.filter((language) => language !== 'en');

/** What a function of a catalogue is called with: one word for each value, so that it can be found again. */
const values = ['‹1›', '‹2›', '‹3›', '‹4›'];

/** Every text below a value, by its path; a function is called. */
function textsOf(value: unknown, path: string): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, said(value as (...given: unknown[]) => string)]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, `${path}/${key}`));
}

/** Some are called with numbers, which are written in the way of the language. */
function said(saying: (...given: unknown[]) => string): string {
  try {
    const text = saying(...values);
    if (!text.includes('NaN')) return text;
  } catch {
    // It counts.
  }
  return saying(3, 7, 9);
}

const catalogueOf = (language: Language): Map<string, string> => {
  const { language: _language, amounts: _amounts, ...words } = wordsIn(language);
  const own = commands.flatMap(({ name, says }) => textsOf(says?.[language], name));
  return new Map([...textsOf(words, 'words'), ...own]);
};

/** Texts that members read as commands, options and choices. */
function shownOf(language: Language): [path: string, text: string][] {
  const take = (texts: (typeof commands)[number]['texts']) =>
    Object.entries({ name: language === 'en' ? '' : texts[language].name, description: texts[language].description });
  return commands.flatMap((command) => [
    ...[...take(command.texts), ...(command.group ? take(command.group) : [])].map(
      ([what, text]) => [`${command.name}/${what}`, text] as [string, string],
    ),
    ...Object.entries(command.options).flatMap(([option, { texts, ...rest }]) => [
      ...take(texts).map(([what, text]) => [`${command.name}/${option}/${what}`, text] as [string, string]),
      ...Object.entries('choices' in rest ? rest.choices : {}).map(
        ([value, label]) => [`${command.name}/${option}/${value}`, label[language]] as [string, string],
      ),
    ]),
  ]);
}

/** Words that are the same in another language, or names. */
const alike: Readonly<Record<Exclude<Language, 'en'>, readonly string[]>> = {
  de: [
    'Server',
    'LIVE',
    'Autoplay',
    'Pause',
    'Filter',
    'Pop',
    'Rock',
    'Nightcore',
    'Vaporwave',
    '8D',
    'Karaoke',
    'Tremolo',
    'Vibrato',
    'Mono',
  ],
  'es-ES': ['Pop', 'Rock', 'Nightcore', 'Vaporwave', '8D', 'Karaoke', 'Vibrato', 'Mono'],
  fr: ['Volume', 'Pause', 'Pop', 'Rock', 'Nightcore', 'Vaporwave', '8D', 'Vibrato', 'Mono', 'Page ‹1› sur ‹2›'],
  'pt-BR': ['Volume', 'Pop', 'Rock', 'Nightcore', 'Vaporwave', '8D', 'Tremolo', 'Vibrato', 'Mono'],
};

describe.each(others)('%s', (language) => {
  const english = catalogueOf('en');
  const catalogue = catalogueOf(language);

  test('has every text that English has', () => {
    expect([...catalogue.keys()]).toEqual([...english.keys()]);
  });

  test('says everything with the same values, and nothing in English', () => {
    for (const [path, text] of english) {
      const translated = catalogue.get(path) ?? '';
      expect(translated.trim(), path).not.toBe('');
      if (!alike[language].includes(translated)) expect(translated, path).not.toBe(text);
      expect(valuesIn(translated), path).toEqual(valuesIn(text));
    }
  });

  // A language is named as it names itself.
  test('nothing of commands, options and choices is in English', () => {
    const shown = new Map(shownOf('en'));
    const left = shownOf(language).filter(
      ([path, text]) =>
        !/\/name$|^settings change\/language\//.test(path) &&
        text === shown.get(path) &&
        !alike[language].includes(text),
    );
    expect(left).toEqual([]);
  });
});

/** Values and placeholders in a text, in any order; numbers that are part of the text count as well. */
const valuesIn = (text: string): string[] => (text.match(/‹\d›|\{\w+\}|\b\d+\b/g) ?? []).toSorted();

describe.each(languages)('%s', (language) => {
  test('names no two commands alike, and in the form that Discord accepts', () => {
    const names = commands.map((command) => nameIn(command, language));
    expect(new Set(names).size).toBe(names.length);
    const bare = shownOf(language).filter(([path, text]) => path.endsWith('/name') && text !== '');
    // https://discord.com/developers/docs/interactions/application-commands#application-command-object-naming
    for (const [path, name] of bare) {
      expect(name, path).toMatch(/^[-_'\p{L}\p{N}]{1,32}$/u);
      expect(name, path).toBe(name.toLowerCase());
    }
  });

  test('names no two entries of a menu alike, and none too long', () => {
    const names = commands.flatMap(({ menu }) => (menu ? [language === 'en' ? menu.name : menu.names[language]] : []));
    expect(names).toHaveLength(Object.keys(menus).length);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect([...name].length, name).toBeLessThanOrEqual(32);
  });

  test('names no two options of a command alike', () => {
    for (const { name, options } of commands) {
      const names = Object.entries(options).map(([key, { texts }]) => (language === 'en' ? key : texts[language].name));
      expect(new Set(names).size, name).toBe(names.length);
    }
  });

  test("fits Discord's limits", () => {
    for (const [path, text] of shownOf(language)) expect([...text].length, path).toBeLessThanOrEqual(100);
    const { buttons, player, help } = wordsIn(language);
    for (const label of Object.values(buttons)) expect(label.length).toBeLessThanOrEqual(80);
    for (const [path, text] of textsOf(player, 'player'))
      expect(text.length, path).toBeLessThanOrEqual(limits.fieldName);
    expect(help.locked.length).toBeLessThanOrEqual(limits.footer);
    for (const [path, text] of catalogueOf(language)) expect(text.length, path).toBeLessThanOrEqual(limits.content / 4);
  });

  test('mentions only commands that there are, by their names in this language', () => {
    const names = commands.map((command) => `/${nameIn(command, language)}`);
    for (const [path, text] of [...catalogueOf(language), ...shownOf(language)]) {
      for (const { 0: mention, index } of text.matchAll(/(?<![\p{L}\d<])\/(?!‹)[\p{L}-]+/gu)) {
        const rest = text.slice(index);
        const isThere = names.some((name) => rest.startsWith(name) && !/^[\p{L}-]/u.test(rest.slice(name.length)));
        expect(isThere, `${path}: ${mention}`).toBe(true);
      }
    }
  });
});

test('numbers, shares and lengths of time are written as the language does', () => {
  const of = (language: Language) => {
    const { number, percent, length, list } = wordsIn(language).amounts;
    return [number(1_234), percent(40), length(300), length(90), list(['a', 'b', 'c'])].map((text) =>
      text.replaceAll(/[\u00A0\u202F]/g, '_'),
    );
  };
  const expected: InEachLanguage<readonly string[]> = {
    en: ['1,234', '40%', '5 minutes', '90 seconds', 'a, b, and c'],
    de: ['1.234', '40_%', '5 Minuten', '90 Sekunden', 'a, b und c'],
    'es-ES': ['1234', '40_%', '5 minutos', '90 segundos', 'a, b y c'],
    fr: ['1_234', '40_%', '5 minutes', '90_secondes', 'a, b et c'],
    'pt-BR': ['1.234', '40%', '5 minutos', '90 segundos', 'a, b e c'],
  };
  for (const language of languages) expect(of(language)).toEqual(expected[language]);
});

test('one and many have their forms', () => {
  expect(languages.map((language) => wordsIn(language).tracks(1))).toEqual([
    '1 track',
    '1 Titel',
    '1 canción',
    '1 titre',
    '1 faixa',
  ]);
  expect(wordsIn('fr').tracks(0)).toBe('0 titre');
  expect(wordsIn('en').tracks(0)).toBe('0 tracks');
  expect(wordsIn('es-ES').tracks(2)).toBe('2 canciones');
});
