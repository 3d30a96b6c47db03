import type { TenantId } from '#infra/kernel/ids.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import { playerErrorCodes, type SearchResponse } from '#services/contracts/player.ts';
import { find, type LoadPorts } from './load.ts';

const shown = 25;

/** Tracks to choose from while a member types. Nothing found is an empty list: half a word is no fault. */
export async function search(ports: LoadPorts, tenant: TenantId, query: string): Promise<SearchResponse> {
  try {
    const found = await find(ports, tenant, query);
    const playable = found.entries.flatMap(({ title, author, uri, lengthMs }) =>
      uri ? [{ title, author, uri, lengthMs }] : [],
    );
    return { tracks: playable.slice(0, shown) };
  } catch (error) {
    if (hasCode(error, playerErrorCodes.nothingFound)) return { tracks: [] };
    throw error;
  }
}
