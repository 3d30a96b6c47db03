import type { Language } from '#infra/kernel/languages.ts';

/** The forms of a count; `#` stands for the number. */
type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

/** Numbers, lengths of time and lists as a language writes them (ECMA-402). Formats are made when they are first used. */
export function amountsIn(language: Language) {
  const numbers = once(() => new Intl.NumberFormat(language));
  const percents = once(() => new Intl.NumberFormat(language, { style: 'percent' }));
  const plurals = once(() => new Intl.PluralRules(language));
  const lists = once(() => new Intl.ListFormat(language, { type: 'conjunction' }));
  const seconds = once(() => new Intl.NumberFormat(language, unit('second')));
  const minutes = once(() => new Intl.NumberFormat(language, unit('minute')));
  const number = (value: number): string => numbers().format(value);
  return {
    number,
    /** 40 is forty percent. */
    percent: (value: number): string => percents().format(value / 100),
    /** The form for this number, with the number in it. */
    count: (value: number, forms: Forms): string =>
      (forms[plurals().select(value)] ?? forms.other).replace('#', number(value)),
    list: (parts: readonly string[]): string => lists().format(parts),
    /** A length of time: whole minutes, or seconds. */
    length: (sec: number): string => (sec > 0 && sec % 60 === 0 ? minutes().format(sec / 60) : seconds().format(sec)),
  };
}

const unit = (name: 'second' | 'minute') => ({ style: 'unit', unit: name, unitDisplay: 'long' }) as const;

function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}
