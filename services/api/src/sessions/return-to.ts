const local = /^\/(?![/\\])[^\\\p{Cc}]*$/u;

/**
 * A path of ours to return to after the sign-in, or `/`. Anything that a browser could read as another host (`//host`,
 * `/\host`, `/.//host`, tabs and line ends in between, a scheme) is rejected.
 */
export function returnPath(wanted: string | undefined, publicUrl: string): string {
  if (wanted === undefined || wanted.length > 512 || !local.test(wanted)) return '/';
  const url = URL.parse(wanted, publicUrl);
  if (url?.origin !== new URL(publicUrl).origin) return '/';
  const path = url.pathname + url.search + url.hash;
  return local.test(path) ? path : '/';
}
