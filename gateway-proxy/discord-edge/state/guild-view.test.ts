import { PermissionFlagsBits } from 'discord-api-types/v10';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelPermissions } from '#test/sandbox/world/permissions.ts';
import type { Channel, Guild as SandboxGuild } from '#test/sandbox/world/types.ts';
import { Guild } from './guild.ts';
import { detailOf } from './guild-view.ts';

const [guildId, bot, role, other, channelId] = ['200', '100', '300', '301', '400'];
const names = { VIEW_CHANNEL: 'ViewChannel', CONNECT: 'Connect', SPEAK: 'Speak' } as const;
const bits = [
  ...Object.values(names).map((name) => PermissionFlagsBits[name]),
  PermissionFlagsBits.Administrator,
  PermissionFlagsBits.ManageRoles,
];
const permissions = fc.subarray(bits).map((some) => some.reduce((sum, bit) => sum | bit, 0n).toString());
const overwrite = (id: string, type: 0 | 1) =>
  fc.option(fc.record({ id: fc.constant(id), type: fc.constant(type), allow: permissions, deny: permissions }));

/** A guild as Discord describes it in GUILD_CREATE, with one voice channel. */
const guildOf = (over: {
  roles: { id: string; permissions: string }[];
  overwrites?: object[];
  memberRoles?: string[];
  ownerId?: string;
  channel?: object;
  voiceStates?: object[];
}) =>
  new Guild(guildId, {
    name: 'Hall',
    icon: 'abc',
    member_count: 7,
    owner_id: over.ownerId ?? '1',
    roles: over.roles.map((each, position) => ({ ...each, name: each.id, position, color: 0, managed: false })),
    channels: [
      { id: '500', type: 4, name: '\u202eMusic', position: 1 },
      { id: '401', type: 0, name: 'text', position: 0 },
      {
        id: channelId,
        type: 2,
        name: 'Lounge',
        position: 0,
        parent_id: '500',
        permission_overwrites: over.overwrites ?? [],
        ...over.channel,
      },
    ],
    members: [{ user: { id: bot, bot: true }, roles: over.memberRoles ?? [] }],
    voice_states: over.voiceStates ?? [],
  });

describe('what a bot lacks in a voice channel', () => {
  it('is what it cannot do by the rules of Discord as the sandbox has them, whatever roles and overwrites there are', () => {
    fc.assert(
      fc.property(
        fc.record({ everyone: permissions, role: permissions, other: permissions }),
        fc.tuple(overwrite(guildId, 0), overwrite(role, 0), overwrite(other, 0), overwrite(bot, 1)),
        fc.subarray([role, other]),
        fc.constantFrom('1', bot),
        (held, written, memberRoles, ownerId) => {
          const overwrites = written.filter((each) => each !== null);
          const roles = [
            { id: guildId, permissions: held.everyone },
            { id: role, permissions: held.role },
            { id: other, permissions: held.other },
          ];
          const ours = detailOf(guildOf({ roles, overwrites, memberRoles, ownerId }), bot).voice[0]?.missing;
          const theirs = channelPermissions(
            { id: guildId, ownerId, roles } as unknown as SandboxGuild,
            { userId: bot, nick: null, roles: memberRoles, joinedAt: '' },
            { overwrites } as unknown as Channel,
          );
          const lacking = Object.entries(names).filter(([, name]) => (theirs & PermissionFlagsBits[name]) === 0n);
          expect(ours).toEqual(lacking.map(([name]) => name));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('is not SPEAK in a stage, where it asks to speak', () => {
    const held = (PermissionFlagsBits.ViewChannel | PermissionFlagsBits.Connect).toString();
    const roles = [{ id: guildId, permissions: held }];
    expect(detailOf(guildOf({ roles, channel: { type: 13 } }), bot).voice).toMatchObject([
      { kind: 'stage', missing: [] },
    ]);
    expect(detailOf(guildOf({ roles }), bot).voice).toMatchObject([{ kind: 'voice', missing: ['SPEAK'] }]);
  });
});

describe('a guild as it is shown', () => {
  const everyone = [
    {
      id: guildId,
      permissions: bits
        .slice(0, 3)
        .reduce((sum, bit) => sum | bit, 0n)
        .toString(),
    },
  ];

  it('has its channels under their categories, its roles from the highest down, and nothing of members', () => {
    const roles = [...everyone, { id: role, permissions: '0' }, { id: other, permissions: '0' }];
    const shown = detailOf(guildOf({ roles, voiceStates: [{ user_id: '900', channel_id: channelId }] }), bot);
    expect(shown).toMatchObject({
      id: guildId,
      name: 'Hall',
      iconUrl: 'https://cdn.discordapp.com/icons/200/abc.png',
      memberCount: 7,
      text: [{ id: '401', category: null }],
      voice: [{ id: channelId, category: 'Music', parentId: '500', listeners: 1 }],
      otherChannels: [{ id: '500', name: 'Music', kind: 'category', parentId: null }],
      roles: [{ id: other }, { id: role }],
    });
    expect(JSON.stringify(shown)).not.toContain('900');
  });

  it.each([
    { what: 'one place left', limit: 2, inside: ['900'], full: false },
    { what: 'no place left', limit: 1, inside: ['900'], full: true },
    { what: 'no place left but its own', limit: 1, inside: [bot], full: false },
    { what: 'no limit', limit: 0, inside: ['900'], full: false },
  ])('says of a channel with $what that it is full: $full', ({ limit, inside, full }) => {
    const voiceStates = inside.map((user) => ({ user_id: user, channel_id: channelId }));
    const shown = detailOf(guildOf({ roles: everyone, channel: { user_limit: limit }, voiceStates }), bot);
    expect(shown.voice[0]?.full).toBe(full);
  });
});
