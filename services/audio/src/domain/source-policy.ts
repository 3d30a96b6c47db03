import { isIP } from 'node:net';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';

/** What Lavalink may be asked to load. */
export interface SourcePolicy {
  /** Prefix of a text search, such as `ytsearch` (Lavalink docs/api/rest.md, "Track Loading"). */
  readonly searchSource: string;
  /** Public host names whose URLs may be loaded, including subdomains. */
  readonly allowedHosts: readonly string[];
}

const urlLike = /^[a-z][a-z0-9+.-]*:\/\//i;
const publicName = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
const privateSuffixes = ['localhost', 'local', 'internal', 'intranet', 'lan', 'home.arpa', 'in-addr.arpa', 'ip6.arpa'];

/** A name that can be in public DNS; this excludes addresses and names of private networks. */
export function isPublicName(host: string): boolean {
  const name = host.toLowerCase();
  if (isIP(name) !== 0 || !publicName.test(name)) return false;
  return !privateSuffixes.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}

const attachmentHosts = ['cdn.discordapp.com', 'media.discordapp.net'];

/** Whether it is the link of a file that was uploaded to Discord. */
export const isAttachment = (address: string): boolean => attachmentHosts.includes(URL.parse(address)?.hostname ?? '');

/**
 * Links to files at Discord work for a day: `ex` is when they end, in hexadecimal Unix seconds (Discord: Reference, Signed
 * Attachment CDN URLs). Other links never end by this.
 */
export function hasExpired(address: string, nowMs: number): boolean {
  if (!isAttachment(address)) return false;
  const ends = URL.parse(address)?.searchParams.get('ex') ?? '';
  return /^[0-9a-f]{1,12}$/i.test(ends) && Number.parseInt(ends, 16) * 1_000 <= nowMs;
}

/**
 * Turns what a member typed into Lavalink's identifier. A node loads URLs from within its own network, so a URL passes
 * only if its host is on the list; everything that is not a URL becomes a search, whatever it contains.
 */
export function identifierFor(query: string, policy: SourcePolicy): Verdict<string> {
  const text = query.trim();
  if (!urlLike.test(text)) return accept(`${policy.searchSource}:${text}`);
  const url = URL.parse(text);
  if (!url) return reject('malformed');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return reject('scheme');
  if (url.username || url.password) return reject('credentials');
  if (url.port) return reject('port');
  const host = url.hostname.toLowerCase();
  if (!isPublicName(host)) return reject('private-host');
  const allowed = policy.allowedHosts.some((name) => host === name || host.endsWith(`.${name}`));
  return allowed ? accept(url.href) : reject('host-not-allowed');
}
