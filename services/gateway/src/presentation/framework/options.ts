/** A text option, with autocomplete if `complete` is set. */
export interface StringOption {
  readonly kind: 'string';
  readonly description: string;
  readonly maxLength: number;
  readonly complete: boolean;
  readonly required: boolean;
}

export interface IntegerOption {
  readonly kind: 'integer';
  readonly description: string;
  readonly min: number;
  readonly max: number;
  readonly required: boolean;
}

export type Option = StringOption | IntegerOption;
export type OptionsShape = Readonly<Record<string, Option>>;

type Value<Of extends Option> = Of['kind'] extends 'integer' ? number : string;

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
