import { PermissionFlagsBits } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { GuildBook, type Dispatch } from '../state/guild-book.ts';
import { Speaker } from './speaker.ts';

const bot = '100000000000000001';
const guild = '200000000000000001';
const room = '300000000000000002';

/** A bot in a channel, as an edge finds it that begins now, and what the edge asks of Discord. */
function found(channelType: number, state: object) {
  const book = new GuildBook();
  const voiceState = { user_id: bot, channel_id: room, session_id: 'a', ...state };
  book.apply({ t: 'READY', d: { user: { id: bot }, guilds: [{ id: guild, unavailable: true }] } });
  book.apply({
    t: 'GUILD_CREATE',
    d: {
      id: guild,
      channels: [{ id: room, type: channelType, permission_overwrites: [] }],
      roles: [{ id: guild, permissions: '0' }],
      members: [{ user: { id: bot, bot: true }, roles: [] }],
      voice_states: [voiceState],
    },
  });
  const asked: unknown[] = [];
  const speaker = new Speaker({
    book,
    clock: new FakeClock(),
    rest: {
      async call({ body }) {
        asked.push(body);
        return new Response(null, { status: 204 });
      },
    },
    enterAnew: async (guildId) => void asked.push(`anew in ${guildId}`),
  });
  const entry = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.Connect;
  const allowed = async (permission: bigint) => {
    const permissions = String(entry | permission);
    const dispatch: Dispatch = {
      t: 'GUILD_ROLE_UPDATE',
      d: { guild_id: guild, role: { id: guild, permissions } },
    };
    book.apply(dispatch);
    await speaker.dispatched(dispatch);
  };
  return { asked, allowed };
}

test('a bot that asked to speak in a stage before the edge began does so once it may', async () => {
  const { asked, allowed } = found(13, { suppress: true, request_to_speak_timestamp: '2026-11-30T10:00:00Z' });
  await allowed(PermissionFlagsBits.Speak);
  expect(asked).toEqual([]);
  await allowed(PermissionFlagsBits.MuteMembers);
  await allowed(PermissionFlagsBits.MuteMembers);
  expect(asked).toEqual([{ channel_id: room, suppress: false }]);
});

test('a bot that a moderator may have silenced there before does not speak up', async () => {
  const { asked, allowed } = found(13, { suppress: true, request_to_speak_timestamp: null });
  await allowed(PermissionFlagsBits.MuteMembers);
  expect(asked).toEqual([]);
});

test('a bot that was in a voice channel without Speak enters it anew, and one that is heard stays', async () => {
  const silent = found(2, { suppress: true });
  await silent.allowed(PermissionFlagsBits.Speak);
  expect(silent.asked).toEqual([`anew in ${guild}`]);
  const heard = found(2, { suppress: false });
  await heard.allowed(PermissionFlagsBits.Speak);
  expect(heard.asked).toEqual([]);
});
