import type { Refusal } from '#tenants/credential/credential-events.ts';

/**
 * Close codes after which a client must not reconnect (Discord: Gateway Close Event Codes), each with what the tenant
 * has to do.
 */
export const fatalCloseReasons: Readonly<Record<number, string>> = {
  4004: "Discord no longer accepts this bot's token. Press Reset Token on the Bot page of the Discord Developer Portal and enter the new token here.",
  4010: 'Discord refused the session (invalid shard). This is a fault of the platform. Contact the operator.',
  4011: 'This bot is in more servers than one session can hold (2,500), and sharding is not supported. Remove it from some servers.',
  4012: 'Discord refused the session (gateway version). This is a fault of the platform. Contact the operator.',
  4013: 'Discord refused the session (invalid intents). This is a fault of the platform. Contact the operator.',
  4014: 'Discord does not grant this bot the intents that it requests. A music bot needs no privileged intents: check in the Discord Developer Portal whether the application is limited, then start the session again.',
};

/** The reason when Discord's REST API refuses the token. */
export const deadTokenReason = fatalCloseReasons[4004] ?? '';

/** Those that are about the tenant's application or its token. */
const refusals: Readonly<Record<number, Refusal>> = {
  4004: 'invalid-token',
  4011: 'too-many-servers',
  4014: 'intents-not-granted',
};

/** What the reason of a failed session says of the credential; undefined: nothing. */
export function refusalOf(reason: string | undefined): Refusal | undefined {
  const code = Object.keys(fatalCloseReasons).find((each) => fatalCloseReasons[Number(each)] === reason);
  return refusals[Number(code)];
}

/** The reason when no IDENTIFY is left for today. */
export const noIdentifiesLeft = (resetAfterMs: number): string =>
  `This application has started nearly as many sessions as Discord allows in a day. It can connect again in ${Math.ceil(resetAfterMs / 3_600_000)} h. Until then the platform does not connect it, because Discord would reset the token.`;
