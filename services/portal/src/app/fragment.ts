/**
 * The fragment of a URL, kept in this tab during the sign-in at Discord: it may be a secret, such as an invitation, and
 * `returnTo` would send it to servers.
 */
const name = 'bailiwick-fragment';

export const fragment = {
  keep(): void {
    const text = location.hash.slice(1);
    if (text) sessionStorage.setItem(name, JSON.stringify({ path: location.pathname, text }));
  },
  /** This page's fragment, now or from before the sign-in. A kept one is returned only once. */
  take(): string {
    const kept = sessionStorage.getItem(name);
    sessionStorage.removeItem(name);
    if (location.hash.length > 1 || kept === null) return location.hash.slice(1);
    const { path, text } = JSON.parse(kept) as { path: string; text: string };
    return path === location.pathname ? text : '';
  },
};
