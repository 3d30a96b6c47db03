import type { FastifyJWTOptions, JWT } from '@fastify/jwt';
import type { Database } from '#infra/database/pool.ts';
import type { Records } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import type { SealedText } from '#security/keyring/sealed-text.ts';
import type { ApiPorts } from '../routes/api-routes.ts';
import type { ApiSettings } from '../settings.ts';
import { accessAudience, accessLifeSec, createBrowserSessions } from './browser-sessions.ts';
import { createDiscordSignIn } from './discord-sign-in.ts';
import { createOperatorSignIns } from './operator-sign-ins.ts';
import { createOperators } from './operators.ts';
import { createPeople } from './people.ts';
import type { SessionKeys } from './session-keys.ts';
import { createSessionStore } from './session-store.ts';
import { createSignInAudit } from './sign-in-audit.ts';
import { createSignInStore } from './sign-in-store.ts';

/**
 * How access tokens are issued and verified: one algorithm, one issuer, one audience, and a lifetime. They are only
 * used between the browser and this service; calls inside the platform carry other tokens.
 */
export function accessTokens({ publicUrl }: Pick<ApiSettings, 'publicUrl'>, keys: SessionKeys): FastifyJWTOptions {
  return {
    // The plugin wants one; every token is signed and verified with a key that is named with it.
    secret: keys.current().access,
    sign: { algorithm: 'HS256', iss: publicUrl, aud: accessAudience, expiresIn: `${accessLifeSec}s` },
    verify: {
      algorithms: ['HS256'],
      allowedIss: publicUrl,
      allowedAud: accessAudience,
      requiredClaims: ['sub', 'sid', 'iat', 'exp', 'iss', 'aud'],
      maxAge: `${accessLifeSec}s`,
      cache: false,
    },
  };
}

type Accounts = Pick<
  ApiPorts,
  | 'sessions'
  | 'signIns'
  | 'browsers'
  | 'discord'
  | 'people'
  | 'signInAudit'
  | 'operators'
  | 'operatorSignIns'
  | 'redeem'
>;

/** Everything for signing in and out. */
export function createAccounts(
  settings: ApiSettings,
  ports: {
    readonly records: Records;
    readonly database: Database;
    readonly jwt: JWT;
    readonly journal: BatchJournal;
    readonly clock: Clock;
    readonly keys: SessionKeys;
    readonly words: SealedText;
  },
): Accounts {
  const { records, database, jwt, journal, clock, keys, words } = ports;
  const sessions = createSessionStore(records, database);
  const signIns = createSignInStore(records, database, clock);
  const signInAudit = createSignInAudit(journal, clock);
  const operatorSignIns = createOperatorSignIns(database, clock);
  return {
    sessions,
    signIns,
    browsers: createBrowserSessions({ jwt, keys, signIns, publicUrl: settings.publicUrl, clock }),
    discord: createDiscordSignIn(settings.discordSignIn, { keys, clock }),
    people: createPeople(records, words, clock),
    signInAudit,
    operators: createOperators(database, clock),
    operatorSignIns,
    async redeem(request, oneTime) {
      try {
        return await operatorSignIns.redeem(oneTime);
      } catch (error) {
        if (error instanceof BailiwickError && error.owner === 'caller')
          await signInAudit.record(request, {
            action: 'session.sign-in',
            outcome: 'failed',
            method: 'one-time',
            reason: error.code,
          });
        throw error;
      }
    },
  };
}
