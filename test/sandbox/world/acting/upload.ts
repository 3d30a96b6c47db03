import type { APIAttachment } from 'discord-api-types/v10';
import { musicOrigin } from '../../lavalink/catalogue.ts';
import type { World } from '../world.ts';

/** A file that a person attaches, as far as others learn of it: nobody downloads it here. */
export interface Upload {
  filename: string;
  /** In bytes. */
  size: number;
  contentType?: string | undefined;
}

/** The link to a file works for a day (Discord: Reference, Signed Attachment CDN URLs). */
const linkLifeMs = 24 * 60 * 60_000;

/** As Discord describes it (Attachment Object), at an address where the sandbox's Lavalink finds a file. */
export function attachmentOf(world: World, channelId: string, upload: Upload): APIAttachment {
  const { filename, size, contentType } = upload;
  const id = world.ids.next();
  const nowMs = world.clock.now();
  const hexadecimalSec = (ms: number) => Math.floor(ms / 1_000).toString(16);
  const signed = `ex=${hexadecimalSec(nowMs + linkLifeMs)}&is=${hexadecimalSec(nowMs)}&hm=${'0'.repeat(64)}&`;
  const url = `${musicOrigin}/files/${channelId}/${id}/${encodeURIComponent(filename)}?${signed}`;
  return {
    id,
    filename,
    size,
    url,
    proxy_url: url,
    ...(contentType === undefined ? {} : { content_type: contentType }),
  };
}
