import { PermissionFlagsBits } from 'discord-api-types/v10';
import { createApplication, createUser, installApplication } from './applications.ts';
import { addPerson, createChannel, createGuild, createRole, updateMember } from './guilds.ts';
import type { World } from './world.ts';

/**
 * Fills a fresh world: the guild "Harmony Hall", with the application "Melody", and "Quiet Corner", where no bot is
 * installed yet.
 */
export function seed(world: World): void {
  const ada = createUser(world, 'Ada');
  const hall = createGuild(world, 'Harmony Hall', ada.id);
  const dj = createRole(world, hall.id, { name: 'DJ', color: 0x1abc9c });
  const admin = createRole(world, hall.id, { name: 'Admin', permissions: PermissionFlagsBits.Administrator });
  createChannel(world, hall.id, { name: 'general', type: 'text' });
  createChannel(world, hall.id, { name: 'music', type: 'text' });
  createChannel(world, hall.id, { name: 'Lounge', type: 'voice' });
  createChannel(world, hall.id, { name: 'Tiny', type: 'voice', userLimit: 1 });
  createChannel(world, hall.id, { name: 'Stage', type: 'stage' });
  updateMember(world, hall.id, ada.id, { roles: [admin.id] });
  addPerson(world, hall.id, 'Dana', [dj.id]);
  addPerson(world, hall.id, 'Max');
  addPerson(world, hall.id, 'Robin');

  const quinn = createUser(world, 'Quinn');
  const corner = createGuild(world, 'Quiet Corner', quinn.id);
  createChannel(world, corner.id, { name: 'general', type: 'text' });
  createChannel(world, corner.id, { name: 'Nook', type: 'voice' });
  addPerson(world, corner.id, 'Toni');

  const melody = createApplication(world, 'Melody', ada.id);
  installApplication(world, hall.id, melody.id);
}
