import { request } from 'undici';
import { z } from 'zod';
import { createSandboxDoor, type SandboxDoor } from '#services/cli/src/demo/sandbox-door.ts';
import { flatten } from '#test/sandbox/discord/payloads/components.ts';
import type { TypedOptions } from '#test/sandbox/world/acting/fill-options.ts';
import type { FaultRequest } from '#test/sandbox/faults.ts';
import type { FaultRequest as NodeFaultRequest } from '#test/sandbox/lavalink/faults.ts';

const messageSchema = z.looseObject({
  id: z.string(),
  content: z.string(),
  author: z.looseObject({ id: z.string() }),
  embeds: z.array(
    z.looseObject({
      description: z.string().optional(),
    }),
  ),
  components: z.array(z.looseObject({})).optional(),
});
export type Message = z.infer<typeof messageSchema>;

const outcomeSchema = z.looseObject({
  id: z.string(),
  /** `failed` is what a person sees as "The application did not respond". */
  state: z.enum(['pending', 'acknowledged', 'answered', 'failed']),
  /** 5 and 6 are deferrals (Discord: Interaction Callback Type). */
  callbackType: z.number().nullable(),
  ephemeral: z.boolean().nullish(),
  message: messageSchema.optional(),
  followups: z.array(messageSchema),
  choices: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
  timings: z.object({ createdAt: z.number(), callbackAt: z.number().nullable(), answeredAt: z.number().nullable() }),
});
export type Outcome = z.infer<typeof outcomeSchema>;

const logSchema = z.object({
  entries: z.array(
    z.looseObject({
      seq: z.number(),
      kind: z.string(),
      applicationId: z.string().nullable(),
      outcome: z.string().optional(),
    }),
  ),
});
export type LogEntry = z.infer<typeof logSchema>['entries'][number];

const reactedSchema = z.object({
  id: z.string(),
  reactions: z.array(z.object({ emoji: z.object({ name: z.string() }) })).optional(),
});

const connectedSchema = z.object({ applications: z.array(z.object({ id: z.string(), connected: z.boolean() })) });

const playersSchema = z.object({
  players: z.array(
    z.looseObject({
      guildId: z.string(),
      userId: z.string(),
      title: z.string().nullable(),
      positionMs: z.number(),
      paused: z.boolean(),
      volume: z.number(),
      connected: z.boolean(),
      channelId: z.string().nullable(),
    }),
  ),
});
/** A player as the Lavalink node sees it. */
export type NodePlayer = z.infer<typeof playersSchema>['players'][number];

/** One person's view of one bot in one channel of the sandbox's Discord. */
export interface Seat {
  readonly guild: string;
  readonly channel: string;
  readonly user: string;
  readonly applicationId: string;
}

/** A person facing a bot: types, presses buttons, and sees the outcome. */
export interface Person {
  type(command: string, options?: TypedOptions): Promise<Outcome>;
  /** Uses an entry of the menu of a message or a member, by their id. */
  useOn(entry: string, targetId: string): Promise<Outcome>;
  /** Writes a message in the channel. @returns its id */
  write(content: string): Promise<string>;
  /** Types a command without waiting for the answer. @returns its id, for `outcome` */
  begin(command: string, options?: TypedOptions): Promise<string>;
  outcome(interaction: string): Promise<Outcome>;
  /** The current state of an interaction, without waiting. */
  look(interaction: string): Promise<Outcome>;
  /** Presses a button on the bot's newest message that has it. */
  press(customId: string): Promise<Outcome>;
  /**
   * Picks from the menu of the newest message of the bot that has one, by the words on its choices.
   * @returns the outcome, in which `message` is what has become of the menu, if it has not stayed
   */
  pick(labels: readonly RegExp[]): Promise<Outcome>;
  complete(command: string, option: string, typed: string): Promise<readonly { name: string; value: string }[]>;
  joinVoice(channel: string | null): Promise<void>;
  /** The bot's messages in the channel that this person can see, oldest first. */
  messages(): Promise<Message[]>;
}

/** The sandbox API that the demo uses, with what only tests need. */
export interface Sandbox extends Omit<SandboxDoor, 'players'> {
  /** Discord's REST API, for a bot that connects to it itself. */
  readonly apiUrl: string;
  players(): Promise<readonly NodePlayer[]>;
  person(seat: Seat): Person;
  /** What applications did at this Discord: identifies, resumes, REST calls. */
  log(since?: number): Promise<LogEntry[]>;
  isConnected(applicationId: string): Promise<boolean>;
  createGuild(name: string): Promise<string>;
  createChannel(guild: string, name: string, type: 'text' | 'voice'): Promise<string>;
  /** Creates a person at this Discord. @returns their id */
  addPerson(guild: string, name: string): Promise<string>;
  /** The server's owner removes a bot. */
  kick(guild: string, applicationId: string): Promise<void>;
  /** Discord closes the application's gateway connection with this code. */
  disconnect(applicationId: string, code: number): Promise<void>;
  /** Sets the application's interactions endpoint, as its owner does in the developer portal. */
  setInteractionsEndpoint(applicationId: string, url: string | null): Promise<void>;
  /** Switches the intent for the content of messages on, as its owner does in the developer portal. */
  grantMessageContent(applicationId: string): Promise<void>;
  /** The emojis with which somebody has reacted to a message that this person sees. */
  reactions(channel: string, user: string, message: string): Promise<readonly string[]>;
  /** @returns the new token; the previous one becomes invalid */
  resetToken(applicationId: string): Promise<string>;
  /** Denies a member these permissions (a bit set) in a channel, and restores those denied before. */
  denyInChannel(guild: string, channel: string, member: string, permissions: bigint): Promise<void>;
  /** A fault at Discord from now on (test/sandbox/faults.ts). */
  fault(fault: FaultRequest): Promise<void>;
  /** A fault at the Lavalink node from now on (test/sandbox/lavalink/faults.ts). */
  nodeFault(fault: NodeFaultRequest): Promise<void>;
}

const waitMs = 20_000;

export function createSandbox(url: string): Sandbox {
  const call = async <Schema extends z.ZodType>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<z.infer<Schema>> => {
    const answer = await request(new URL(path, url), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return schema.parse(text.length === 0 ? null : JSON.parse(text));
  };
  const made = z.object({ id: z.string() });
  return {
    ...createSandboxDoor(url),
    apiUrl: new URL('/api', url).href,
    players: async () => (await call('GET', '/sandbox/lavalink', playersSchema)).players,
    person: (seat) => createPerson(seat, call),
    log: async (since = 0) => (await call('GET', `/sandbox/log?since=${since}`, logSchema)).entries,
    async isConnected(applicationId) {
      const { applications } = await call('GET', '/sandbox/state', connectedSchema);
      return applications.some(({ id, connected }) => id === applicationId && connected);
    },
    async kick(guild, applicationId) {
      await call('DELETE', `/sandbox/guilds/${guild}/install/${applicationId}`, z.unknown());
    },
    async disconnect(applicationId, code) {
      await call('POST', '/sandbox/faults', z.unknown(), { close: { applicationId, code } });
    },
    createGuild: async (name) => (await call('POST', '/sandbox/guilds', made, { name })).id,
    createChannel: async (guild, name, type) =>
      (await call('POST', `/sandbox/guilds/${guild}/channels`, made, { name, type })).id,
    async addPerson(guild, name) {
      const joined = z.object({ user: z.object({ id: z.string() }) });
      return (await call('POST', `/sandbox/guilds/${guild}/members`, joined, { name })).user.id;
    },
    async setInteractionsEndpoint(application, interactionsEndpointUrl) {
      await call('PATCH', `/sandbox/applications/${application}`, z.unknown(), { interactionsEndpointUrl });
    },
    async grantMessageContent(application) {
      await call('PATCH', `/sandbox/applications/${application}`, z.unknown(), {
        privilegedIntents: ['messageContent'],
      });
    },
    async reactions(channel, user, id) {
      const path = `/sandbox/channels/${channel}/messages?user=${user}`;
      const messages = await call('GET', path, z.array(reactedSchema));
      return messages.find((message) => message.id === id)?.reactions?.map(({ emoji }) => emoji.name) ?? [];
    },
    resetToken: async (application) =>
      (await call('POST', `/sandbox/applications/${application}/reset-token`, z.object({ token: z.string() }))).token,
    async denyInChannel(guild, channel, id, permissions) {
      const overwrites = permissions === 0n ? [] : [{ id, type: 1, deny: permissions.toString() }];
      await call('PATCH', `/sandbox/guilds/${guild}/channels/${channel}`, z.unknown(), { overwrites });
    },
    async fault(fault) {
      await call('POST', '/sandbox/faults', z.unknown(), fault);
    },
    async nodeFault(fault) {
      await call('POST', '/sandbox/lavalink/faults', z.unknown(), fault);
    },
  };
}

type Call = <Schema extends z.ZodType>(
  method: 'GET' | 'POST',
  path: string,
  schema: Schema,
  body?: unknown,
) => Promise<z.infer<Schema>>;

function createPerson({ guild, channel, user, applicationId }: Seat, call: Call): Person {
  const act = async (body: object): Promise<string> => {
    const path = `/sandbox/guilds/${guild}/channels/${channel}/interactions`;
    const { interactionId } = await call('POST', path, z.object({ interactionId: z.string() }), { user, ...body });
    return interactionId;
  };
  const outcome = (interaction: string, patienceMs = waitMs) =>
    call('GET', `/sandbox/interactions/${interaction}?for=answered&waitMs=${patienceMs}`, outcomeSchema);
  const begin = (command: string, options: TypedOptions = {}) =>
    act({ kind: 'command', applicationId, command, options });
  const messages = async () => {
    const all = await call('GET', `/sandbox/channels/${channel}/messages?user=${user}`, z.array(messageSchema));
    const { botUserId } = await botOf(applicationId, call);
    return all.filter(({ author }) => author.id === botUserId).sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  };
  return {
    begin,
    outcome: (interaction) => outcome(interaction),
    look: (interaction) => outcome(interaction, 0),
    messages,
    type: async (command, options) => outcome(await begin(command, options)),
    useOn: async (command, targetId) => outcome(await act({ kind: 'command', applicationId, command, targetId })),
    write: async (content) =>
      (await call('POST', `/sandbox/channels/${channel}/messages`, z.object({ id: z.string() }), { user, content })).id,
    async press(customId) {
      const holder = (await messages()).findLast((message) => buttonsOf(message).includes(customId));
      if (!holder) throw new Error(`no message of the bot has the button ${customId}`);
      return outcome(await act({ kind: 'button', messageId: holder.id, customId }));
    },
    async pick(labels) {
      const holder = (await messages()).findLast((message) => menuOf(message) !== undefined);
      const menu = holder && menuOf(holder);
      if (!holder || !menu) throw new Error('no message of the bot has a menu');
      const values = labels.map((label) => {
        const found = menu.options.find((option) => label.test(option.label));
        if (!found) throw new Error(`no choice fits ${String(label)}`);
        return found.value;
      });
      const { message, ...rest } = await outcome(
        await act({ kind: 'select', messageId: holder.id, customId: menu.custom_id, values }),
      );
      return rest.followups.length > 0 || message === undefined ? rest : { ...rest, message };
    },
    async complete(command, option, typed) {
      const options = { [option]: typed };
      const answer = await outcome(
        await act({ kind: 'autocomplete', applicationId, command, options, focused: option }),
      );
      if (answer.state !== 'answered') throw new Error(`the choices ended as ${answer.state}`);
      return answer.choices ?? [];
    },
    async joinVoice(to) {
      await call('POST', `/sandbox/guilds/${guild}/voice`, z.unknown(), { user, channel: to });
    },
  };
}

const botsSchema = z.object({ applications: z.array(z.object({ id: z.string(), botUserId: z.string() })) });

async function botOf(applicationId: string, call: Call) {
  const { applications } = await call('GET', '/sandbox/state', botsSchema);
  const found = applications.find(({ id }) => id === applicationId);
  if (!found) throw new Error(`the sandbox has no application ${applicationId}`);
  return found;
}

export const buttonsOf = ({ components }: Message): string[] =>
  flatten(components).flatMap(({ custom_id: id }) => (typeof id === 'string' ? [id] : []));

const menuSchema = z.object({
  type: z.literal(3),
  custom_id: z.string(),
  options: z.array(z.object({ label: z.string(), value: z.string() })),
});

/** The menu that a person can pick from in a message. */
const menuOf = ({ components }: Message): z.infer<typeof menuSchema> | undefined =>
  flatten(components).flatMap((part) => menuSchema.safeParse(part).data ?? [])[0];

/** The text that a person reads in a message: content, embeds, and texts among its components. */
export const readable = ({ content, embeds, components }: Message): string =>
  [
    content,
    ...embeds.flatMap(({ description }) => description ?? []),
    ...flatten(components).flatMap(({ content: text }) => (typeof text === 'string' ? [text] : [])),
  ].join('\n');

/** The text that a person reads in an outcome: the answer and its followups. */
export const textOf = ({ message, followups }: Outcome): string =>
  [message, ...followups]
    .flatMap((one) => (one ? [readable(one)] : []))
    .join('\n')
    .trim();
