/** The languages that the bot speaks, by Discord's names (https://discord.com/developers/docs/reference#locales). */
export const languages = ['en', 'de', 'es-ES', 'fr', 'pt-BR'] as const;
export type Language = (typeof languages)[number];

/** The same texts in every language: one that is missing does not compile. */
export type InEachLanguage<Texts> = Readonly<Record<Language, Texts>>;

/** English decides which texts there are, and with which parameters. */
export const inEachLanguage = <Texts>(
  texts: { readonly en: Texts } & { readonly [Other in Exclude<Language, 'en'>]: NoInfer<Texts> },
): InEachLanguage<Texts> => texts;

/** The language for a locale of Discord's, such as `en-GB` or `es-419`; undefined if the bot does not speak it. */
export function languageOf(locale: unknown): Language | undefined {
  if (typeof locale !== 'string') return undefined;
  const known = languages.find((language) => language === locale);
  if (known) return known;
  const [spoken] = locale.split('-', 1);
  return languages.find((language) => language.split('-', 1)[0] === spoken);
}
