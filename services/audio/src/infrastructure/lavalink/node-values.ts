import { isSnowflake, type Snowflake } from '#infra/kernel/ids.ts';

/**
 * Values as a node sends them, read leniently and without throwing: a node is a third party, and one invalid value must
 * not spoil the rest.
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

/** A number or amount; 0 if it is not one. */
export const amountOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
