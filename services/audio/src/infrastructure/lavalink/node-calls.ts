import type { LavalinkNode } from 'lavalink-client';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import type { GuildKey, VoiceState } from '../../application/ports.ts';
import { NodeAtFault, nodeUnavailable } from './breakers.ts';
import { nodePlayerOf } from './node-messages.ts';

/* Calls to one node (Lavalink docs/api/rest.md), and what their responses must be. */

export const playerPath = (node: LavalinkNode, guildKey: GuildKey) =>
  `/sessions/${node.sessionId}/players/${guildKey.guild}`;

export const categoriesPath = (node: LavalinkNode, guildKey: GuildKey) =>
  `${playerPath(node, guildKey)}/sponsorblock/categories`;

export const credentials = ({ server, sessionId, channelId }: VoiceState) => ({
  token: server?.token ?? '',
  endpoint: server?.endpoint ?? '',
  sessionId,
  channelId,
});

/** The response as JSON; undefined for 404. */
export async function asked(node: LavalinkNode, path: string): Promise<unknown> {
  const { response } = await unlessAway(node.rawRequest(path));
  return response.status === 404 ? undefined : jsonOf(response);
}

export async function jsonOf(response: Response): Promise<unknown> {
  const value = parseJson(await response.text());
  return expected(value, 'JSON');
}

/** A node's response must be what was requested; otherwise the node is at fault. */
export function expected<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw nodeUnavailable(new NodeAtFault(`answered something that is not ${what}`));
  return value;
}

/** `PATCH /v4/sessions/{id}/players/{guild}`; a session that the node does not know is being recreated. */
export async function changed(node: LavalinkNode, guildKey: GuildKey, change: Record<string, unknown>): Promise<void> {
  const { response } = await unlessAway(
    node.rawRequest(playerPath(node, guildKey), (options) => {
      options.method = 'PATCH';
      options.body = JSON.stringify(change);
    }),
  );
  if (response.status === 404) throw nodeUnavailable(new Error('the node does not know the session'));
  expected(nodePlayerOf(await jsonOf(response)), 'a player');
}

export async function unlessAway<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof BailiwickError ? error : nodeUnavailable(error);
  }
}
