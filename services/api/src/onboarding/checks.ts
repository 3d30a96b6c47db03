import { keysAwayCode } from '#security/keyring/custodian.ts';

/** What has to be true before a bot counts as working, in the order of the checks, in words for its owner. */
export const checks = {
  token: 'Discord accepts the token',
  application: 'The token belongs to your application',
  duplicate: 'No other tenant uses this application',
  'interactions-endpoint': 'Discord sends its interactions to this platform',
  stored: 'The token is stored encrypted',
  instance: 'The bot is running and connected to Discord',
  commands: 'Its commands are registered',
  invite: 'The invite was opened',
  member: 'The bot is in a server',
  'voice-permissions': 'The bot has the permissions to play in a voice channel',
  joined: 'The bot has joined the voice channel',
  plays: 'A track is playing',
} as const;

export type CheckId = keyof typeof checks;

export const checkIds = Object.keys(checks) as CheckId[];

export const isCheckId = (text: string): text is CheckId => Object.hasOwn(checks, text);

/** Where the checks of the token itself start, and where those that follow do. */
export const positionOf = (id: CheckId): number => checkIds.indexOf(id);

/** Whether a check is one of those of the token. */
export const looksAtToken = (id: CheckId): boolean => positionOf(id) <= positionOf('stored');

/** The check that a refusal by the edge belongs to; see tenants/application-check. */
const byCode: Readonly<Record<string, CheckId>> = {
  'credential.wrong-application': 'application',
  'credential.other-application': 'application',
  'credential.used-by-another-tenant': 'duplicate',
  'credential.interactions-endpoint-set': 'interactions-endpoint',
  'credential.tenant-closed': 'stored',
  [keysAwayCode]: 'stored',
  'tenant.status': 'stored',
};

export const checkOfFault = (code: string): CheckId => byCode[code] ?? 'token';
