import { PermissionFlagsBits } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { GuildBook } from '../state/guild-book.ts';
import { VoiceStatuses } from './voice-statuses.ts';

const bot = '100000000000000001';
const guild = '200000000000000001';
const lounge = '300000000000000001';
const stage = '300000000000000002';
const status = { status: 'a song' };

/** A bot with these permissions that has set the status of the lounge, and what the edge asks of Discord. */
function statusOf(permissions: bigint) {
  const book = new GuildBook();
  book.apply({ t: 'READY', d: { user: { id: bot }, guilds: [{ id: guild, unavailable: true }] } });
  book.apply({
    t: 'GUILD_CREATE',
    d: {
      id: guild,
      channels: [lounge, stage].map((id) => ({ id, type: 2, permission_overwrites: [] })),
      roles: [{ id: guild, permissions: String(PermissionFlagsBits.ViewChannel | permissions) }],
      members: [{ user: { id: bot, bot: true }, roles: [] }],
      voice_states: [{ user_id: bot, channel_id: lounge, session_id: 'a' }],
    },
  });
  const asked: string[] = [];
  const statuses = new VoiceStatuses({
    book,
    clock: new FakeClock(),
    rest: {
      async call({ path, body }) {
        asked.push(`${path} ${JSON.stringify(body)}`);
        return new Response(null, { status: 204 });
      },
    },
  });
  statuses.set(guild, lounge, status);
  const move = async (user: string, channel_id: string | null) => {
    const dispatch = { t: 'VOICE_STATE_UPDATE', d: { guild_id: guild, user_id: user, channel_id, session_id: 'a' } };
    book.apply(dispatch);
    await statuses.dispatched(dispatch);
  };
  return { asked, statuses, book, move };
}

const cleared = `/channels/${lounge}/voice-status {"status":null}`;

test.each([stage, null])(
  'is taken away from the channel that a bot with Manage Channels was taken out of',
  async (to) => {
    const { asked, statuses, move } = statusOf(PermissionFlagsBits.ManageChannels);
    await move(bot, lounge);
    await move('400000000000000001', to);
    expect(asked).toEqual([]);
    await move(bot, to);
    await move(bot, null);
    expect(asked).toEqual([cleared]);
    expect(statuses.saved()).toEqual({});
  },
);

test('is left, and forgotten, where Discord would refuse it', async () => {
  const { asked, statuses, move } = statusOf(PermissionFlagsBits.SetVoiceChannelStatus);
  await move(bot, stage);
  expect(asked).toEqual([]);
  expect(statuses.saved()).toEqual({});
});

test('is gone with its channel', async () => {
  const { asked, statuses, book, move } = statusOf(PermissionFlagsBits.ManageChannels);
  book.apply({ t: 'CHANNEL_DELETE', d: { guild_id: guild, id: lounge } });
  await move(bot, null);
  expect(asked).toEqual([]);
  expect(statuses.saved()).toEqual({});
});
