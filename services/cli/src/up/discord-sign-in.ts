import { deriveKey } from '#security/keyring/keyring-file.ts';
import type { PlatformOptions } from './options.ts';

/** The application with which people sign in to the portal at Discord; undefined if there is none. */
export const platformApplication = (options: PlatformOptions) =>
  options.sandbox ? sandboxApplication(options) : options.outside.platformApplication;

export const redirectUriOf = ({ publicUrl }: PlatformOptions): string => `${publicUrl}/v1/auth/discord/callback`;

/** The platform's own application in the sandbox's Discord, which creates it with these values. */
const sandboxApplication = ({ rootKey }: PlatformOptions) => ({
  clientId: '1000000000000000001',
  clientSecret: deriveKey(rootKey, 'discord-sign-in/sandbox').toString('base64url'),
});

/** https://discord.com/developers/docs/topics/oauth2#shared-resources-oauth2-urls */
export function signInAtDiscord(options: PlatformOptions, application: { clientId: string; clientSecret: string }) {
  const { discordApiUrl, discordTrustPem } = options.outside;
  return {
    authorizeUrl: new URL('/oauth2/authorize', discordApiUrl).href,
    tokenUrl: `${discordApiUrl}/v10/oauth2/token`,
    userUrl: `${discordApiUrl}/v10/users/@me`,
    ...application,
    redirectUri: redirectUriOf(options),
    ...(discordTrustPem ? { trustPem: discordTrustPem } : {}),
  };
}
