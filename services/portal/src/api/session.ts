import { problemOf, unreachable } from './problem.ts';

/** Nobody is signed in: the shell leads to the sign-in and back. */
export class SessionOver extends Error {
  override readonly name = 'SessionOver';
  constructor() {
    super('Sign in to continue.');
  }
}

/**
 * The platform marks it (services/api/src/sessions/cookies.ts) beside the session's own cookies, which no script sees.
 */
const signedInMark = '__Host-bailiwick-signed-in=1';

/** Whether it is worth asking: without the mark there is no session, and every answer would be a refusal. */
export const isMarkedSignedIn = (): boolean => document.cookie.split('; ').includes(signedInMark);

const refreshedKey = 'bailiwick.refreshed-at';

function refreshedAt(): number {
  try {
    return Number(localStorage.getItem(refreshedKey) ?? 0);
  } catch {
    return 0;
  }
}

function remember(): void {
  try {
    localStorage.setItem(refreshedKey, String(Date.now()));
  } catch {
    // A browser that keeps nothing for us: other tabs then find out by being refused.
  }
}

/**
 * Renews the session's short token. One tab at a time does so, since a refresh token that is used twice ends the
 * session everywhere; a tab that waited takes what the other one got.
 * @throws SessionOver
 */
export async function refreshSession(askedAtMs: number): Promise<void> {
  await navigator.locks.request('bailiwick.refresh', async () => {
    if (refreshedAt() > askedAtMs) return;
    const response = await fetch('/v1/auth/refresh', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'bailiwick-csrf': '1' },
    }).catch(() => {
      throw unreachable();
    });
    if (response.status === 401 || response.status === 403) throw new SessionOver();
    if (!response.ok) throw await problemOf(response);
    remember();
  });
}
