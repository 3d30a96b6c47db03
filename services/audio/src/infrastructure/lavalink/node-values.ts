import { isSnowflake, type Snowflake } from '#infra/kernel/ids.ts';

/**
 * Values as a node says them, taken for what they can be and never thrown over: a node is another party's, and one value
 * that is wrong must not spoil the rest.
 */

type Fields = Readonly<Record<string, unknown>>;
const nothing: Fields = {};

export const objectOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : nothing;

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const snowflakeOf = (value: unknown): Snowflake | undefined =>
  typeof value === 'string' && isSnowflake(value) ? value : undefined;

/** A whole number that a double holds exactly. */
export const wholeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;

/** How many or how much; 0 for what is none. */
export const amountOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
