import { z } from 'zod';
import type { ControlRoutes } from '../control/call.ts';
import type { LavalinkControl } from './control.ts';
import { faultsSchema, playerFaultSchema } from './faults.ts';
import { RestError } from './rest-error.ts';

/**
 * Adds the node to the sandbox's control API:
 * - `GET /sandbox/lavalink`
 * - `POST /sandbox/lavalink/players/:guildId/{end,fail,stick,close-voice}?user=`
 * - `POST /sandbox/lavalink/faults`
 */
export function mountLavalinkControl(control: ControlRoutes, lavalink: { readonly control: LavalinkControl }): void {
  const node = lavalink.control;
  control.route('GET', '/sandbox/lavalink', () => node.view());
  control.route('POST', '/sandbox/lavalink/faults', async ({ body }) => {
    await node.fault(parse(faultsSchema, body));
    return node.view().faults;
  });
  const acts = { end: 'end', fail: 'fail', stick: 'stick', 'close-voice': 'closeVoice' } as const;
  for (const [name, act] of Object.entries(acts)) {
    control.route('POST', `/sandbox/lavalink/players/:guildId/${name}`, ({ params, query, body }) => {
      const fault = parse(playerFaultSchema, body ?? {});
      const players = node[act](params['guildId'] ?? '', query.get('user') ?? undefined, fault);
      if (players === 0) throw new RestError(404, 'Nothing plays there');
      return { players };
    });
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new RestError(400, z.prettifyError(result.error));
}
