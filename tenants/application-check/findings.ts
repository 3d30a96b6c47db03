import { z } from 'zod';

/** Something about an application at Discord that was changed after it had been found to work. */
export const findingSchema = z.object({
  code: z.enum(['interactions-endpoint-set', 'code-grant-required', 'message-content-missing']),
  /** What does not work because of it: commands that members use, adding the bot to a server, or request channels. */
  affects: z.enum(['commands', 'invitation', 'requests']),
  /** What is wrong and how to fix it, for the owner. */
  sentence: z.string(),
});
export type Finding = z.infer<typeof findingSchema>;

/** The part of `GET /applications/@me` (Discord: Application Object) that determines whether a bot works. */
const applicationSchema = z.object({
  id: z.string(),
  interactions_endpoint_url: z.string().nullish(),
  bot_require_code_grant: z.boolean().nullish(),
});

/** Parses Discord's description of an application; undefined if it is not one. */
export function findingsOf(application: unknown): readonly Finding[] | undefined {
  const parsed = applicationSchema.safeParse(application);
  if (!parsed.success) return undefined;
  const { interactions_endpoint_url: endpoint, bot_require_code_grant: codeGrant } = parsed.data;
  return [...(endpoint ? [endpointSet] : []), ...(codeGrant ? [codeGrantRequired] : [])];
}

const endpointSet: Finding = {
  code: 'interactions-endpoint-set',
  affects: 'commands',
  sentence:
    'The application has an interactions endpoint URL, so Discord sends commands there instead of here. Remove it on the General Information page of the developer portal.',
};

const codeGrantRequired: Finding = {
  code: 'code-grant-required',
  affects: 'invitation',
  sentence:
    '"Requires OAuth2 Code Grant" is on, so the invitation does not work. Turn it off on the Bot page of the developer portal.',
};

/** Of an application whose bot has a request channel. */
export const messageContentMissing: Finding = {
  code: 'message-content-missing',
  affects: 'requests',
  sentence:
    'The bot cannot read the messages in its request channels. Switch on "Message Content Intent" on the Bot page of the developer portal.',
};
