import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Application } from '../../world/types.ts';
import type { World } from '../../world/world.ts';

/** Lifetime of an unused code. Discord publishes no figure. */
const codeLifeMs = 10 * 60_000;
/** A week, as in Discord's responses (Discord: OAuth2, Access Token Response). */
export const accessLifeMs = 604_800_000;
const mostRemembered = 1_000;

/** What a person consented to. Times in Unix milliseconds. */
export interface Grant {
  applicationId: string;
  userId: string;
  scopes: string[];
  /** The guild that the bot was added to with this consent. */
  guildId: string | null;
  accessToken: string;
  refreshToken: string;
  expiresAt: number;
}

interface PendingCode {
  applicationId: string;
  userId: string;
  scopes: string[];
  guildId: string | null;
  redirectUri: string;
  /** S256 of a verifier (RFC 7636), if the client uses PKCE. */
  challenge: string | null;
  expiresAt: number;
}

/** Why no token was issued, with the error codes of RFC 6749, section 5.2. */
export class OAuthFault extends Error {
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.name = 'OAuthFault';
    this.error = error;
    this.status = status;
  }
}

const secret = () => randomBytes(24).toString('base64url');

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Valid codes and tokens; they do not survive a restart. */
export class Grants {
  readonly #world: World;
  readonly #codes = new Map<string, PendingCode>();
  readonly #grants = new Set<Grant>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Issues the code for the client's redirect, after consent. */
  issueCode(consent: Omit<PendingCode, 'expiresAt'>): string {
    const code = secret();
    this.#codes.set(code, { ...consent, expiresAt: this.#world.clock.now() + codeLifeMs });
    for (const old of this.#codes.keys()) {
      if (this.#codes.size <= mostRemembered) break;
      this.#codes.delete(old);
    }
    return code;
  }

  /** Exchanges a code, once (RFC 6749, section 4.1.3; RFC 7636, section 4.6). */
  exchange(application: Application, request: { code: string; redirectUri: string; verifier: string | null }): Grant {
    const pending = this.#codes.get(request.code);
    this.#codes.delete(request.code);
    const known =
      pending &&
      pending.applicationId === application.id &&
      pending.expiresAt > this.#world.clock.now() &&
      pending.redirectUri === request.redirectUri;
    if (!known) throw new OAuthFault('invalid_grant', 'Invalid "code" in request.');
    const answer = createHash('sha256')
      .update(request.verifier ?? '')
      .digest('base64url');
    const proven = pending.challenge === null ? request.verifier === null : same(answer, pending.challenge);
    if (!proven) throw new OAuthFault('invalid_grant', 'Invalid "code_verifier" in request.');
    return this.#grant(pending);
  }

  /** Exchanges a refresh token, once. */
  refresh(application: Application, refreshToken: string): Grant {
    const old = [...this.#grants].find((grant) => same(grant.refreshToken, refreshToken));
    if (!old || old.applicationId !== application.id) {
      throw new OAuthFault('invalid_grant', 'Invalid "refresh_token" in request.');
    }
    this.#grants.delete(old);
    return this.#grant(old);
  }

  /** Revokes the grant that a token of either kind belongs to (RFC 7009). */
  revoke(application: Application, token: string): void {
    for (const grant of this.#grants) {
      const own = grant.applicationId === application.id;
      if (own && (same(grant.accessToken, token) || same(grant.refreshToken, token))) this.#grants.delete(grant);
    }
  }

  /** The grant of a valid access token. */
  byAccessToken(token: string): Grant | undefined {
    const grant = [...this.#grants].find((candidate) => same(candidate.accessToken, token));
    return grant && grant.expiresAt > this.#world.clock.now() ? grant : undefined;
  }

  #grant({ applicationId, userId, scopes, guildId }: Pick<Grant, 'applicationId' | 'userId' | 'scopes' | 'guildId'>) {
    const expiresAt = this.#world.clock.now() + accessLifeMs;
    const tokens = { accessToken: secret(), refreshToken: secret() };
    const grant: Grant = { applicationId, userId, scopes, guildId, ...tokens, expiresAt };
    this.#grants.add(grant);
    for (const old of this.#grants) {
      if (this.#grants.size <= mostRemembered) break;
      this.#grants.delete(old);
    }
    return grant;
  }
}
