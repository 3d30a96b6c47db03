import type { JWT } from '@fastify/jwt';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Identity } from './identity.ts';
import { clearCookies, cookieOf, setCookie } from './cookies.ts';
import { assertSameSite } from './same-site.ts';
import { firstOf, type SessionKeys } from './session-keys.ts';
import type { OpenSignIn, SignInStore } from './sign-in-store.ts';

/** What an access token says: who, and by which sign-in, with whose end it ends. */
const accessClaims = z.object({ sub: z.string().min(1).max(128), sid: z.string().min(1).max(64) });

/** The access token's life; the refresh token renews it. */
export const accessLifeSec = 600;
/** What access tokens are for; kept apart from everything else that could be signed with such a key. */
export const accessAudience = 'bailiwick-portal';

/** Who a browser is signed in as, by its cookies. */
export interface BrowserSessions {
  /**
   * Nothing without an access cookie, or with one that is not ours, has run out or was ended.
   * @throws BailiwickError session.cross-site (403), session.ambiguous (401)
   */
  identify(request: FastifyRequest): Promise<Pick<Identity, 'subject' | 'operator' | 'signIn'> | undefined>;
  /** Gives the browser its two cookies, and a third that tells scripts that they are there. */
  start(reply: FastifyReply, signIn: OpenSignIn): FastifyReply;
  end(reply: FastifyReply): FastifyReply;
}

export function createBrowserSessions(ports: {
  readonly jwt: JWT;
  readonly keys: SessionKeys;
  readonly signIns: SignInStore;
  readonly publicUrl: string;
  readonly clock: Clock;
}): BrowserSessions {
  const { jwt, keys, signIns, publicUrl, clock } = ports;
  const verified = (token: string, key: Buffer): z.infer<typeof accessClaims> | undefined => {
    try {
      return accessClaims.safeParse(jwt.verify(token, { key })).data;
    } catch (error) {
      // fast-jwt's errors all have such a code; anything else is a fault of ours.
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code.startsWith('FAST_JWT_')) return undefined;
      throw error;
    }
  };
  const read = (token: string) => firstOf(keys.accepted(), ({ access }) => verified(token, access));
  return {
    async identify(request) {
      const token = cookieOf(request, 'access');
      const claims = token === undefined ? undefined : read(token);
      if (!claims) return undefined;
      assertSameSite(request, publicUrl);
      const found = await signIns.find(claims.sid);
      return found?.subject === claims.sub ? { ...found, signIn: claims.sid } : undefined;
    },
    start(reply, { id, subject, refreshToken, expiresAt }) {
      const lifeSec = Math.max(1, Math.floor((expiresAt.getTime() - clock.now()) / 1000));
      const token = jwt.sign(
        { sub: subject, sid: id },
        { expiresIn: `${Math.min(accessLifeSec, lifeSec)}s`, key: keys.current().access },
      );
      setCookie(reply, 'access', token, Math.min(accessLifeSec, lifeSec));
      setCookie(reply, 'refresh', refreshToken, lifeSec);
      return setCookie(reply, 'signedIn', '1', lifeSec);
    },
    end: (reply) => clearCookies(reply, 'access', 'refresh', 'signedIn'),
  };
}
