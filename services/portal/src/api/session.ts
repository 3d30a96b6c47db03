import { problemOf, unreachable } from './problem.ts';

/** Nobody is signed in: the app goes to the sign-in page and returns afterwards. */
export class SessionOver extends Error {
  override readonly name = 'SessionOver';
  constructor() {
    super('Sign in to continue.');
  }
}

/** Set by the platform (services/api/src/sessions/cookies.ts) beside the session cookies, which are HttpOnly. */
const signedInMark = '__Host-bailiwick-signed-in=1';

/** Whether a request is worth sending: without the mark there is no session, and every request would be refused. */
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
    // The browser denies storage: other tabs find out when they are refused.
  }
}

/**
 * Renews the session's short-lived token. Only one tab at a time does so, since using a refresh token twice ends the
 * session everywhere; a tab that waited uses the token that the other one got.
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
