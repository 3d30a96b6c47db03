import type { AttachedFile } from '#policies/attached-file.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { InEachLanguage, Language } from '#infra/kernel/languages.ts';

/** What Discord shows of a command or an option. In English, its name is the one by which the code knows it. */
export interface Shown {
  readonly name: string;
  readonly description: string;
}
export type Texts = { readonly en: Pick<Shown, 'description'> } & {
  readonly [Other in Exclude<Language, 'en'>]: Shown;
};

/** A text option, with autocomplete if `complete` is set. */
export interface StringOption {
  readonly kind: 'string';
  readonly texts: Texts;
  readonly maxLength: number;
  readonly complete: boolean;
  readonly required: boolean;
}

export interface IntegerOption {
  readonly kind: 'integer';
  readonly texts: Texts;
  readonly min: number;
  readonly max: number;
  readonly required: boolean;
}

/** One of these values, with what the member sees for each. */
export interface ChoiceOption<Value extends string = string> {
  readonly kind: 'choice';
  readonly texts: Texts;
  readonly choices: Readonly<Record<Value, InEachLanguage<string>>>;
  readonly required: boolean;
}

export interface BooleanOption {
  readonly kind: 'boolean';
  readonly texts: Texts;
  readonly required: boolean;
}

/** A member of the server, by id. */
export interface MemberOption {
  readonly kind: 'member';
  readonly texts: Texts;
  readonly required: boolean;
}

/** A role of the server, by id. */
export interface RoleOption {
  readonly kind: 'role';
  readonly texts: Texts;
  readonly required: boolean;
}

/** A file that the member uploads. */
export interface FileOption {
  readonly kind: 'file';
  readonly texts: Texts;
  readonly required: boolean;
}

export type Option =
  | StringOption
  | IntegerOption
  | ChoiceOption
  | BooleanOption
  | MemberOption
  | RoleOption
  | FileOption;
export type OptionsShape = Readonly<Record<string, Option>>;

interface Values {
  readonly string: string;
  readonly integer: number;
  readonly boolean: boolean;
  readonly member: Snowflake;
  readonly role: Snowflake;
  readonly file: AttachedFile;
}
type Value<Of extends Option> = Of extends { readonly kind: 'choice'; readonly choices: infer Choices }
  ? Extract<keyof Choices, string>
  : Values[Exclude<Of['kind'], 'choice'>];

/** What `run` gets for a shape: a required option is always present. */
export type OptionValues<Shape extends OptionsShape> = {
  readonly [Name in keyof Shape]: Shape[Name]['required'] extends true
    ? Value<Shape[Name]>
    : Value<Shape[Name]> | undefined;
};

/** Discord's limit for a text option is 6,000 characters; a query needs fewer. */
export const text = <const Settings extends Omit<StringOption, 'kind'>>(settings: Settings) =>
  ({ kind: 'string', ...settings }) as const;

export const integer = <const Settings extends Omit<IntegerOption, 'kind'>>(settings: Settings) =>
  ({ kind: 'integer', ...settings }) as const;

export const choice = <const Settings extends Omit<ChoiceOption, 'kind'>>(settings: Settings) =>
  ({ kind: 'choice', ...settings }) as const;

export const yes = <const Settings extends Omit<BooleanOption, 'kind'>>(settings: Settings) =>
  ({ kind: 'boolean', ...settings }) as const;

export const member = <const Settings extends Omit<MemberOption, 'kind'>>(settings: Settings) =>
  ({ kind: 'member', ...settings }) as const;

export const role = <const Settings extends Omit<RoleOption, 'kind'>>(settings: Settings) =>
  ({ kind: 'role', ...settings }) as const;

export const file = <const Settings extends Omit<FileOption, 'kind'>>(settings: Settings) =>
  ({ kind: 'file', ...settings }) as const;
