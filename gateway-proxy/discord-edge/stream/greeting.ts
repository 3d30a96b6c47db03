import type { StoredCredential } from '../credential/credential-store.ts';
import type { GatewaySession } from '../sessions/gateway-session.ts';
import type { GuildBook } from '../state/guild-book.ts';
import type { Greeting } from './bot-stream.ts';
import type { Talk } from '../state/talk.ts';

/** What an attaching bot needs to continue: its identity, the state of its session, and every guild as it is now. */
export function greetingOf(
  { applicationId, botUserId }: StoredCredential,
  session: GatewaySession | undefined,
  book: GuildBook,
  talk: Talk,
): Greeting {
  const status = session?.status ?? 'connecting';
  return {
    applicationId,
    botUserId,
    session: { status: status === 'none' ? 'connecting' : status, reason: session?.reason },
    state: book.known
      ? [
          { t: 'READY', d: book.readyPayload() },
          ...[...book.guilds()].map((guild) => ({ t: 'GUILD_CREATE', d: guild.payload() })),
        ]
      : [],
    talk: talk.current(),
  };
}
