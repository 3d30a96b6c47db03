import {
  DiscordAPIError,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type ContextMenuCommandInteraction,
  type InteractionReplyOptions,
  type StringSelectMenuInteraction,
} from 'discord.js';
import { MessageFlags } from 'discord-api-types/v10';
import { fitMessage } from '../views/fitting.ts';
import type { Reply } from './command.ts';

export type Answerable =
  | ChatInputCommandInteraction
  | ContextMenuCommandInteraction
  | ButtonInteraction
  | StringSelectMenuInteraction;

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const unknownMessage = 10_008;
const unknownWebhook = 10_015;
const unknownInteraction = 10_062;
const alreadyAcknowledged = 40_060;
const invalidWebhookToken = 50_027;

/** Discord no longer waits for an answer, or another process has given it. */
export const isTooLate = (error: unknown): boolean =>
  isCode(error, [unknownInteraction, alreadyAcknowledged, unknownWebhook, invalidWebhookToken]);

const isCode = (error: unknown, codes: readonly number[]): boolean =>
  error instanceof DiscordAPIError && codes.some((code) => error.code === code);

/** `redraw`: a button or a menu changes its own message; `quiet`: only the member may see that they are answered. */
export interface HowToAnswer {
  readonly redraw: boolean;
  readonly quiet: boolean;
}

/** The one answer to an interaction, whether or not it had to be deferred before. */
export function createAnswer(interaction: Answerable, { redraw, quiet }: HowToAnswer) {
  let deferred: Promise<unknown> | undefined;
  const redraws = redraw && interaction.isMessageComponent();
  return {
    defer(): void {
      deferred ??= redraws
        ? interaction.deferUpdate()
        : interaction.deferReply(quiet ? { flags: MessageFlags.Ephemeral } : {});
      // Handled where it is awaited; here it must not count as unhandled.
      deferred.catch(() => undefined);
    },
    /**
     * Resolves when Discord has confirmed that an answer follows. Until then nothing is changed for a member, who would
     * otherwise see a command fail that was carried out. @throws errors for which `isTooLate` is true, when it is over
     */
    async heard(): Promise<void> {
      this.defer();
      await deferred;
    },
    async send(reply: Reply): Promise<void> {
      if (redraws) {
        await deferred;
        const view = asEdit(payloadOf(reply));
        await (deferred ? interaction.editReply(view) : interaction.update(view));
        return;
      }
      if (!deferred) {
        await interaction.reply(payloadOf({ ...reply, quiet: reply.quiet || quiet }));
        return;
      }
      await deferred;
      if (reply.quiet && !quiet) await replaceByQuiet(interaction, payloadOf(reply));
      else await interaction.editReply(asEdit(payloadOf(reply)));
    },
    /** Later, in place of what was answered. */
    async edit(reply: Reply): Promise<void> {
      await interaction.editReply(asEdit(payloadOf(reply)));
    },
    async refuse(sentence: string): Promise<void> {
      const refusal = payloadOf({ content: sentence, quiet: true });
      if (!deferred) {
        await interaction.reply(refusal);
        return;
      }
      await deferred;
      if (redraws) await interaction.followUp(refusal);
      else if (quiet) await interaction.editReply(asEdit(refusal));
      else await replaceByQuiet(interaction, refusal);
    },
  };
}

export type Answer = ReturnType<typeof createAnswer>;

/** A public "thinking" cannot become an ephemeral answer: it is deleted, and the ephemeral one follows. */
async function replaceByQuiet(interaction: Answerable, payload: InteractionReplyOptions): Promise<void> {
  await interaction.deleteReply().catch((error: unknown) => {
    if (!isCode(error, [unknownMessage])) throw error;
  });
  await interaction.followUp(payload);
}

/** What an edit may carry: whether only the member sees a message is settled when it begins. */
const asEdit = ({ flags, ...payload }: InteractionReplyOptions) => ({
  ...payload,
  flags: Number(flags) & MessageFlags.IsComponentsV2 || undefined,
});

/** It fits Discord's limits, and track titles and names ping nobody. */
export function payloadOf(given: Reply): InteractionReplyOptions {
  const reply = fitMessage(given);
  const payload = {
    ...(reply.content === undefined ? {} : { content: reply.content }),
    ...(reply.embeds ? { embeds: [...reply.embeds] } : {}),
    ...(reply.components ? { components: [...reply.components] } : {}),
    // discord.js passes it on as it is; the edge makes it a file.
    ...(reply.file ? { attachments: [{ id: '0', filename: reply.file.name, content: reply.file.content }] } : {}),
    ...(reply.layout ? { components: [...reply.layout] } : {}),
    flags: (reply.quiet ? MessageFlags.Ephemeral : 0) | (reply.layout ? MessageFlags.IsComponentsV2 : 0) || undefined,
    allowedMentions: { parse: [] },
  };
  return payload as InteractionReplyOptions;
}
