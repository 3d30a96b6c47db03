import { request } from 'undici';
import { z } from 'zod';

const stateSchema = z.object({
  guilds: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      channels: z.array(z.object({ id: z.string(), name: z.string(), status: z.string().nullish() })),
      roles: z.array(z.object({ id: z.string(), name: z.string() })),
      members: z.array(
        z.object({ userId: z.string(), user: z.object({ username: z.string(), globalName: z.string().nullish() }) }),
      ),
      voiceStates: z.array(z.object({ userId: z.string(), channelId: z.string().nullable() })),
    }),
  ),
});
export type SandboxState = z.infer<typeof stateSchema>;

const messageSchema = z.looseObject({
  id: z.string(),
  content: z.string(),
  components: z.array(z.unknown()).optional(),
  author: z.looseObject({ id: z.string() }),
});
export type ChatMessage = z.infer<typeof messageSchema>;

const interactionSchema = z.object({
  id: z.string(),
  state: z.enum(['pending', 'acknowledged', 'answered', 'failed']),
  ephemeral: z.boolean().nullish(),
  message: messageSchema.optional(),
  followups: z.array(messageSchema),
  choices: z.array(z.object({ name: z.string(), value: z.union([z.string(), z.number()]) })).optional(),
  failure: z.unknown().optional(),
});
export type InteractionOutcome = z.infer<typeof interactionSchema>;

const playersSchema = z.object({
  players: z.array(
    z.object({
      guildId: z.string(),
      userId: z.string(),
      title: z.string().nullable(),
      positionMs: z.number(),
      lengthMs: z.number(),
      paused: z.boolean(),
      connected: z.boolean(),
    }),
  ),
});
export type PlayerView = z.infer<typeof playersSchema>['players'][number];

/** What a person does in the sandbox's chat, through the API that its page uses. */
export interface SandboxDoor {
  state(): Promise<SandboxState>;
  createApplication(name: string): Promise<{ id: string; token: string; bot: { id: string } }>;
  /** The same as opening an invite link and consenting. */
  install(guild: string, applicationId: string): Promise<void>;
  joinVoice(guild: string, user: string, channel: string | null): Promise<void>;
  /** Types a slash command and waits for the reply that the member sees. */
  command(use: {
    guild: string;
    channel: string;
    user: string;
    applicationId: string;
    command: string;
    options?: Record<string, string | number | boolean>;
  }): Promise<InteractionOutcome>;
  press(use: {
    guild: string;
    channel: string;
    user: string;
    messageId: string;
    customId: string;
  }): Promise<InteractionOutcome>;
  commandNames(guild: string, channel: string, user: string): Promise<readonly string[]>;
  messages(channel: string, user: string): Promise<readonly ChatMessage[]>;
  /** What is actually playing, according to the Lavalink node. */
  players(): Promise<readonly PlayerView[]>;
}

const waitMs = 10_000;

export function createSandboxDoor(url: string): SandboxDoor {
  const call = async <Schema extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    schema: Schema,
    body?: unknown,
  ) => {
    const answer = await request(new URL(path, url), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400)
      throw new Error(`the sandbox answered ${answer.statusCode} to ${method} ${path}: ${text}`);
    return schema.parse(text.length === 0 ? null : JSON.parse(text));
  };
  const interact = async (guild: string, channel: string, body: object): Promise<InteractionOutcome> => {
    const path = `/sandbox/guilds/${guild}/channels/${channel}/interactions`;
    const { interactionId } = await call('POST', path, z.object({ interactionId: z.string() }), body);
    return call('GET', `/sandbox/interactions/${interactionId}?for=answered&waitMs=${waitMs}`, interactionSchema);
  };
  return {
    state: () => call('GET', '/sandbox/state', stateSchema),
    createApplication: (name) =>
      call(
        'POST',
        '/sandbox/applications',
        z.object({ id: z.string(), token: z.string(), bot: z.object({ id: z.string() }) }),
        { name },
      ),
    async install(guild, applicationId) {
      await call('POST', `/sandbox/guilds/${guild}/install`, z.unknown(), { applicationId });
    },
    async joinVoice(guild, user, channel) {
      await call('POST', `/sandbox/guilds/${guild}/voice`, z.unknown(), { user, channel });
    },
    command: ({ guild, channel, ...use }) => interact(guild, channel, { kind: 'command', ...use }),
    press: ({ guild, channel, ...use }) => interact(guild, channel, { kind: 'button', ...use }),
    async commandNames(guild, channel, user) {
      const schema = z.array(z.looseObject({ name: z.string() }));
      const path = `/sandbox/guilds/${guild}/commands?user=${user}&channel=${channel}`;
      return (await call('GET', path, schema)).map(({ name }) => name);
    },
    messages: (channel, user) =>
      call('GET', `/sandbox/channels/${channel}/messages?user=${user}`, z.array(messageSchema)),
    players: async () => (await call('GET', '/sandbox/lavalink', playersSchema)).players,
  };
}
