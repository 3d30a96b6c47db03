import { z } from 'zod';

const bareFault = 'must not contain credentials, a query or a fragment';

/** The address of something that is reached over the network. */
export const httpsUrlSchema = z
  .url({ protocol: /^https$/, error: 'must be an https address' })
  .refine(isBare, bareFault);

/** The address of something that may also be on this machine, where http is enough. */
export const httpsOrLocalUrlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an https address (http only on this machine)' })
  .refine((url) => url.startsWith('https:') || isLocal(url), 'must be https unless it is on this machine')
  .refine(isBare, bareFault);

/** True for what is not a URL at all: another check reports that. */
function isBare(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password, search, hash } = new URL(url);
  return username === '' && password === '' && search === '' && hash === '';
}

const isLocal = (url: string): boolean =>
  URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
