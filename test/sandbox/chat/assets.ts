import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

/** A file of the chat page, with the headers it is to be sent with. */
export interface ChatAsset {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const folder = join(import.meta.dirname, 'public');
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Own scripts and styles and nothing inline: what a bot writes cannot become code even if the page had a hole. */
export const chatContentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The chat page's file at a path (`/` is the page itself), read anew each time so that an edit shows at once; undefined when there is none. */
export async function chatAsset(path: string): Promise<ChatAsset | undefined> {
  const name = normalize(path === '/' ? '/index.html' : path);
  const type = types[extname(name)];
  if (type === undefined || name.includes('\0')) return undefined;
  try {
    const body = await readFile(join(folder, name));
    return {
      body,
      headers: {
        'content-type': type,
        'cache-control': 'no-cache',
        'content-security-policy': chatContentSecurityPolicy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      },
    };
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
