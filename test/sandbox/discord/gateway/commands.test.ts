import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../../clock.ts';
import { seed } from '../../world/seed.ts';
import { World } from '../../world/world.ts';
import { runCommand } from './commands.ts';
import { Session } from './session.ts';

test('whatever a client sends is carried out, unknown or malformed, but never throws', () => {
  const world = new World(new ManualClock());
  seed(world);
  const application = world.applicationByName('Melody');
  const guild = world.guildByName('Harmony Hall');
  if (!application || !guild) throw new Error('The seed lacks its guild.');
  const session = new Session(application.id, 0, [0, 1], 10);
  const ids = fc.constantFrom(guild.id, ...guild.channels.map((channel) => channel.id), application.id, '0', 'x', '');
  const data = fc.oneof(
    fc.jsonValue(),
    fc.record({ guild_id: ids, channel_id: fc.option(ids), self_mute: fc.boolean() }),
    fc.record(
      { guild_id: ids, query: fc.string(), limit: fc.integer(), user_ids: fc.array(ids) },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom(3, 4, 8, 31, 99), data, (op, sent) => {
      expect(['done', 'unknown', 'malformed']).toContain(runCommand(world, session, op, sent));
      const inside = guild.voiceStates.filter((state) => state.userId === application.botUserId);
      expect(inside.length).toBeLessThanOrEqual(1);
      const channel = guild.channels.find((candidate) => candidate.id === inside[0]?.channelId);
      expect([undefined, 2, 13]).toContain(channel?.type);
    }),
    { numRuns: 500 },
  );
});
