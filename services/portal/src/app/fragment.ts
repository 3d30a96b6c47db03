/**
 * What stands behind the # of an address, kept in this tab on the way to Discord and back: it may be a secret, such as
 * an invitation, and in `returnTo` it would be told to servers.
 */
const name = 'bailiwick-fragment';

export const fragment = {
  keep(): void {
    const text = location.hash.slice(1);
    if (text) sessionStorage.setItem(name, JSON.stringify({ path: location.pathname, text }));
  },
  /** Of this address: what stands there now, or stood there before the sign-in; once. */
  take(): string {
    const kept = sessionStorage.getItem(name);
    sessionStorage.removeItem(name);
    if (location.hash.length > 1 || kept === null) return location.hash.slice(1);
    const { path, text } = JSON.parse(kept) as { path: string; text: string };
    return path === location.pathname ? text : '';
  },
};
