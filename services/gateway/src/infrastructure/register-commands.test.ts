import { ApplicationCommandOptionType, type RESTPostAPIApplicationCommandsJSONBody } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { registerCommands } from './register-commands.ts';

const volume: RESTPostAPIApplicationCommandsJSONBody = {
  name: 'volume',
  description: 'Change the volume',
  options: [
    {
      type: ApplicationCommandOptionType.Integer,
      name: 'percent',
      description: 'Percent',
      min_value: 0,
      max_value: 150,
    },
  ],
  contexts: [0],
};
/** The same in Discord's response (discord-api-docs, interactions/application-commands). */
const volumeAtDiscord = {
  id: '1',
  application_id: '2',
  version: '3',
  type: 1,
  name: 'volume',
  name_localizations: null,
  description: 'Change the volume',
  description_localizations: null,
  default_member_permissions: null,
  dm_permission: true,
  integration_types: [0],
  contexts: [0],
  nsfw: false,
  options: [{ min_value: 0, max_value: 150, type: 4, name: 'percent', description: 'Percent', required: false }],
};

/** Discord's list of commands, and what is done to it. */
function listOf(known: unknown[]) {
  const writes: unknown[] = [];
  const rest = {
    get: () => Promise.resolve(known),
    put: (_route: string, options?: { body?: unknown }) => {
      writes.push(options?.body);
      return Promise.resolve([]);
    },
  };
  return { rest, writes };
}

describe('registering commands', () => {
  test('writes nothing when Discord has the same commands', async () => {
    const { rest, writes } = listOf([volumeAtDiscord]);
    expect(await registerCommands(rest, '2', [volume])).toBe('unchanged');
    expect(writes).toEqual([]);
  });

  test.each([
    ['there are none', []],
    ['one is missing', [{ ...volumeAtDiscord, name: 'loudness' }]],
    ['one is there that should not be', [volumeAtDiscord, { ...volumeAtDiscord, id: '9', name: 'old' }]],
    ['a description differs', [{ ...volumeAtDiscord, description: 'Volume' }]],
    [
      "an option's limit differs",
      [{ ...volumeAtDiscord, options: [{ ...volumeAtDiscord.options[0], max_value: 100 }] }],
    ],
    ["an option's kind differs", [{ ...volumeAtDiscord, options: [{ ...volumeAtDiscord.options[0], type: 3 }] }]],
    [
      'an option is required there',
      [{ ...volumeAtDiscord, options: [{ ...volumeAtDiscord.options[0], required: true }] }],
    ],
    ['it may be used elsewhere', [{ ...volumeAtDiscord, contexts: [0, 1] }]],
    ['only admins may use it there', [{ ...volumeAtDiscord, default_member_permissions: '0' }]],
  ])('writes all of them once when %s', async (_name, known) => {
    const { rest, writes } = listOf(known);
    expect(await registerCommands(rest, '2', [volume])).toBe('written');
    expect(writes).toEqual([[volume]]);
  });

  test('does not mind the order of commands, but that of options', async () => {
    const other = { name: 'pause', description: 'Pause' };
    const { rest } = listOf([
      { ...volumeAtDiscord, id: '7', name: 'pause', description: 'Pause', options: [], contexts: null },
      volumeAtDiscord,
    ]);
    expect(await registerCommands(rest, '2', [volume, other])).toBe('unchanged');
  });
});
