import { z } from 'zod';
import { BailiwickError, callerFault, upstreamFault } from '#infra/kernel/errors.ts';
import { snowflakeSchema, type Snowflake } from '#infra/kernel/ids.ts';
import { inviteUrl } from './invite-url.ts';
import { tokenShape } from './token-shape.ts';

/** What is known of an application whose token works; the result of checking and of storing. */
export interface CheckedApplication {
  readonly applicationId: Snowflake;
  readonly botUserId: Snowflake;
  readonly botUsername: string;
  /** Where an owner adds the bot to a guild, with the least permissions that a music bot needs. */
  readonly inviteUrl: string;
}

/**
 * One GET to Discord. Passed in, so that the check counts against the caller's budgets and uses its trusted
 * authorities.
 */
type DiscordGet = (
  url: string,
  init: { headers: Record<string, string>; signal: AbortSignal },
) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

export interface ApplicationCheck {
  readonly token: string;
  /** The application that the tenant claims to own; a token of another one is refused. */
  readonly applicationId?: string | undefined;
  /** Discord's REST base URL without the version, such as https://discord.com/api. */
  readonly discordApiUrl: string;
  /** Called once the application is known: whether another tenant already uses it. */
  readonly isTaken?: (applicationId: Snowflake) => Promise<boolean>;
  readonly get?: DiscordGet;
  /** Timeout of each of the two requests. */
  readonly timeoutMs?: number;
}

const userSchema = z.object({ id: snowflakeSchema, username: z.string(), bot: z.boolean().optional() });
const applicationSchema = z.object({
  id: snowflakeSchema,
  interactions_endpoint_url: z.string().nullish(),
});

/**
 * Finds out, before anything is stored, whether a token will make a working bot: that Discord accepts it, that it is a
 * bot's, that it belongs to the right application, and that interactions come over the gateway and not to somebody's
 * URL (an application with an interactions endpoint sends none to the gateway; Discord: Receiving and Responding).
 * Throws `credential.malformed`, `.rejected`, `.not-a-bot`, `.wrong-application`, `.used-by-another-tenant`,
 * `.interactions-endpoint-set` or `.discord-unreachable`, checked in this order, each with a sentence that says how to
 * fix it. The token is in no error.
 */
export async function checkApplication(check: ApplicationCheck): Promise<CheckedApplication> {
  const shape = tokenShape(check.token);
  if (!shape) throw faults.malformed();
  const user = await ask(check, '/users/@me', userSchema);
  if (user.bot !== true) throw faults.notABot();
  const application = await ask(check, '/applications/@me', applicationSchema);
  if (check.applicationId !== undefined && check.applicationId !== application.id) {
    throw faults.wrongApplication(application.id);
  }
  if (await check.isTaken?.(application.id)) throw usedByAnotherTenant();
  if (application.interactions_endpoint_url) throw faults.interactionsEndpointSet();
  return {
    applicationId: application.id,
    botUserId: user.id,
    botUsername: user.username,
    inviteUrl: inviteUrl(check.discordApiUrl, application.id),
  };
}

async function ask<Schema extends z.ZodType>(
  check: ApplicationCheck,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const get: DiscordGet = check.get ?? ((url, init) => fetch(url, { ...init, redirect: 'error' }));
  let answer: { readonly status: number; json(): Promise<unknown> };
  let body: unknown;
  try {
    answer = await get(`${check.discordApiUrl}/v10${path}`, {
      headers: { authorization: `Bot ${check.token}`, accept: 'application/json' },
      signal: AbortSignal.timeout(check.timeoutMs ?? 10_000),
    });
    body = answer.status === 200 ? await answer.json() : undefined;
  } catch (cause) {
    if (cause instanceof BailiwickError) throw cause;
    throw faults.unreachable();
  }
  if (answer.status === 401) throw faults.rejected();
  const parsed = schema.safeParse(body);
  if (answer.status !== 200 || !parsed.success) throw faults.unreachable();
  return parsed.data;
}

/** An application has one tenant: two bots with one token would answer each other's members. */
export const usedByAnotherTenant = () =>
  callerFault(
    'credential.used-by-another-tenant',
    'Another tenant already uses this application. Use your own application, or ask the operator to release it.',
    409,
  );

const faults = {
  malformed: () =>
    callerFault(
      'credential.malformed',
      'This is not a bot token, which has three parts separated by dots. Copy it from the Bot page of your application in the Discord Developer Portal, not the client secret or the public key.',
      422,
    ),
  rejected: () =>
    callerFault(
      'credential.rejected',
      'Discord does not accept this token. Press Reset Token on the Bot page of your application and enter the new one.',
      422,
    ),
  notABot: () =>
    callerFault(
      'credential.not-a-bot',
      "This token belongs to a person's account, not to a bot. Open the Bot page of your application and use the token from there.",
      422,
    ),
  wrongApplication: (found: Snowflake) =>
    callerFault(
      'credential.wrong-application',
      `This token belongs to application ${found}, not to the one that you named. Enter that application's token, or correct the application id.`,
      422,
    ),
  interactionsEndpointSet: () =>
    callerFault(
      'credential.interactions-endpoint-set',
      'Your application has an Interactions Endpoint URL, so the bot would not receive commands. Clear "Interactions Endpoint URL" on the General Information page and try again.',
      422,
    ),
  unreachable: () =>
    upstreamFault(
      'credential.discord-unreachable',
      'Discord did not respond to the check. Nothing was stored. Try again in a few minutes.',
      undefined,
      503,
    ),
};
