import { problemOf, unreachable } from './problem.ts';

/** Nobody is signed in: the shell leads to the sign-in and back. */
export class SessionOver extends Error {
  override readonly name = 'SessionOver';
  constructor() {
    super('Sign in to go on.');
  }
}

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
 * Renews the session's short token. One tab at a time does so, since a refresh token that is used twice ends the session
 * everywhere; a tab that waited takes what the other one got.
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
