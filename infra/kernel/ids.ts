import { randomFillSync } from 'node:crypto';
import { encodeTime } from 'ulid';
import { z } from 'zod';

declare const brand: unique symbol;
/** A string that only its parser creates, so that two kinds of id cannot be confused. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A Discord id: 64-bit, always a string (https://discord.com/developers/docs/reference#snowflakes). */
export type Snowflake = Branded<'Snowflake'>;
/** A Bailiwick tenant: `ten_` and 26 Crockford characters in lower case. Safe in a SPIFFE path. */
export type TenantId = Branded<'TenantId'>;
/** A name of the installation that is safe as a SPIFFE trust domain (spiffe standards/SPIFFE-ID.md, 2.1). */
export type InstallationId = Branded<'InstallationId'>;

const snowflakePattern = /^(?:0|[1-9]\d{0,19})$/;
const snowflakeFault = 'must be a Discord id: digits in a string';
const tenantPattern = /^ten_[0-9a-hjkmnp-tv-z]{26}$/;
const installationPattern = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;

/** Fewer than 20 digits always do. */
const fitsIn64Bits = (digits: string): boolean => digits.length < 20 || BigInt(digits) < 1n << 64n;

// Validation and a type without transformation: the same schemas validate input and describe output.
const branded = <Type extends string>(schema: z.ZodString) => schema as unknown as z.ZodType<Type, string>;

export const snowflakeSchema = branded<Snowflake>(
  z
    .string()
    // Checked twice: descriptions include the pattern, which cannot limit the value of a number.
    .regex(snowflakePattern, { error: snowflakeFault, abort: true })
    .refine(fitsIn64Bits, snowflakeFault),
);
export const tenantIdSchema = branded<TenantId>(
  z.string().regex(tenantPattern, 'must be a tenant id such as ten_01h2xcejqtf2nbrexx3vqjhp41'),
);
export const installationIdSchema = branded<InstallationId>(
  z.string().regex(installationPattern, 'must be lower-case letters, digits, dots, dashes'),
);

/** The same in a token, where nothing describes it: one check instead of three, for every role of a member. */
export const snowflakeClaim = z.custom<Snowflake>((value) => typeof value === 'string' && isSnowflake(value));

/** Parses or throws a ZodError; for values from inside the platform. */
export const snowflake = (text: string): Snowflake => snowflakeSchema.parse(text);
export const tenantId = (text: string): TenantId => tenantIdSchema.parse(text);
export const installationId = (text: string): InstallationId => installationIdSchema.parse(text);
export const isTenantId = (text: string): text is TenantId => tenantPattern.test(text);
export const isSnowflake = (text: string): text is Snowflake => snowflakePattern.test(text) && fitsIn64Bits(text);

/** Crockford's alphabet in lower case (https://github.com/ulid/spec). */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const randomCharacters = 16;
/** Randomness drawn ahead: asking the kernel for each id costs more than a request. */
const drawn = new Uint8Array(randomCharacters * 256);
let used = drawn.length;
let lastTime = { ms: Number.NaN, text: '' };

function timePart(ms: number): string {
  if (ms !== lastTime.ms) lastTime = { ms, text: encodeTime(ms).toLowerCase() };
  return lastTime.text;
}

function randomPart(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  let text = '';
  // A character for five bits of each byte.
  for (const end = used + randomCharacters; used < end; used += 1) text += alphabet[(drawn[used] ?? 0) & 31];
  return text;
}

/** A new sortable id with a prefix for its kind: `ten_`, `dec_`, `req_`, `evt_` (ULID, lower case). */
export const newId = (prefix: string, now = Date.now()): string => `${prefix}_${timePart(now)}${randomPart()}`;
export const newTenantId = (): TenantId => newId('ten') as TenantId;
