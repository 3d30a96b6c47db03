import { z } from 'zod';
import type { ControlRoutes } from '../control/call.ts';
import { notFound } from '../world/errors.ts';
import type { World } from '../world/world.ts';
import { voiceFaultSchema } from './faults.ts';
import { heardIn } from './heard.ts';
import { endpointName } from './protocol.ts';
import type { VoiceServer } from './server.ts';

const close = z.strictObject({
  user: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  code: z.int().min(4000).max(4999),
});
/** Null restores the sandbox's own. */
const elsewhere = z.strictObject({ endpoint: endpointName.nullable() });

/**
 * Codes after which a client may resume its session: the server crashed, or gives no reason. Every other code ends the
 * session.
 */
const resumable: ReadonlySet<number> = new Set([4015]);

/** Adds the voice endpoint to the sandbox's control API. */
export function mountVoiceControl(control: ControlRoutes, world: World, voice: VoiceServer): void {
  const { sessions } = voice;
  const guildOf = (params: Readonly<Record<string, string>>) => world.guild(params['guild'] ?? '').id;
  const heard = '/sandbox/guilds/:guild/heard';
  control.route('GET', heard, ({ params }) => ({ bots: heardIn(sessions, guildOf(params)) }));
  control.route('DELETE', heard, ({ params }) => {
    for (const [, hearing] of sessions.heardIn(guildOf(params))) hearing.clear();
  });
  control.route('POST', '/sandbox/guilds/:guild/voice/close', ({ params, body }) => {
    const { user, code } = close.parse(body);
    const closed = sessions.in(guildOf(params), user);
    if (closed.length === 0) throw notFound('voice-connection');
    for (const session of closed) {
      if (resumable.has(code)) session.carrier?.close(code, 'Closed on request.');
      else sessions.end(session, code, 'Closed on request.');
    }
    return { sessions: closed.length };
  });
  control.route('POST', '/sandbox/guilds/:guild/voice/faults', ({ params, body }) => {
    sessions.faults.inject(guildOf(params), voiceFaultSchema.parse(body));
  });
  control.route('DELETE', '/sandbox/guilds/:guild/voice/faults', ({ params }) => {
    sessions.faults.clear(guildOf(params));
  });
  control.route('GET', '/sandbox/voice-endpoint', () => ({ own: voice.endpoint, endpoint: world.voiceEndpoint }));
  control.route('PUT', '/sandbox/voice-endpoint', ({ body }) => {
    world.voiceEndpoint = elsewhere.parse(body).endpoint ?? voice.endpoint;
    return { own: voice.endpoint, endpoint: world.voiceEndpoint };
  });
}
