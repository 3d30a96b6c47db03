import { Argument, InvalidArgumentError, Option } from 'commander';
import { callerFault, type BailiwickError } from '#infra/kernel/errors.ts';
import { isSnowflake, tenantIdSchema } from '#infra/kernel/ids.ts';

/** Like the API, does not distinguish a missing tenant from one that the caller cannot see. */
export const noSuchTenant = (): BailiwickError =>
  callerFault(
    'tenant.unknown',
    'There is no such tenant, or you cannot see it. `bailiwick tenant list` shows the tenants that you can see.',
    404,
  );

/** Checked here because a malformed id would give a path that the API does not have, and a misleading "not found". */
export const tenantArgument = (name = '<tenant>', description = 'tenant ID, from `tenant list`'): Argument =>
  new Argument(name, description).argParser((text) => {
    if (tenantIdSchema.safeParse(text).success) return text;
    throw noSuchTenant();
  });

export const guildArgument = (name = '<guild>', description = 'Discord ID of the server'): Argument =>
  new Argument(name, description).argParser(discordId('A server'));

export const discordId = (what: string) => (text: string) => {
  if (isSnowflake(text)) return text;
  throw new InvalidArgumentError(`${what} is given by its Discord ID, which is digits only.`);
};

export const wholeNumber = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
};

export const jsonOption = (description = "print the API's answer as JSON"): Option => new Option('--json', description);

export interface JsonFlag {
  readonly json?: boolean;
}

/** The API's address for `bailiwick login --url`, without a path. */
export function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url && ['http:', 'https:'].includes(url.protocol)) return text;
  throw new InvalidArgumentError('It must begin with http:// or https://.');
}
