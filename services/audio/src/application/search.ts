import type { TenantId } from '#infra/kernel/ids.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import { playerErrorCodes, type SearchResponse } from '#services/contracts/player.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import { playable } from '../domain/obligations.ts';
import { find, type LoadPorts } from './load.ts';

const shown = 25;
const nothing = [
  playerErrorCodes.nothingFound,
  playerErrorCodes.sourceMissing,
  playerErrorCodes.sourceNotAllowed,
  playerErrorCodes.trackTooLong,
];

/**
 * Tracks to choose from while a member types. If nothing was found, or nothing that may be played, the list is empty:
 * half a word is not a fault.
 */
export async function search(
  ports: LoadPorts,
  tenant: TenantId,
  query: string,
  obligations?: Obligations,
): Promise<SearchResponse> {
  try {
    const found = await find(ports, tenant, query);
    const tracks = playable(found.entries, obligations).entries.flatMap(({ title, author, uri, lengthMs, isStream }) =>
      uri ? [{ title, author, uri, lengthMs, isStream }] : [],
    );
    return { tracks: tracks.slice(0, shown) };
  } catch (error) {
    if (nothing.some((code) => hasCode(error, code))) return { tracks: [] };
    throw error;
  }
}
