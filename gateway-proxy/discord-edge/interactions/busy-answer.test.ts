import { expect, test } from 'vitest';
import { busyAnswer } from './busy-answer.ts';
import { sentences } from './sentences.ts';

const content = sentences.de.busy;
const inFrench = sentences.fr.busy;
const payload = { locale: 'de', guild_locale: 'fr' };

test.each([
  ['a command', { type: 2, deferral: undefined }, { type: 4, data: { content, flags: 64 } }],
  [
    'a deferred command',
    { type: 2, deferral: { type: 5, ephemeral: false } },
    { type: 4, data: { content: inFrench } },
  ],
  ['a quiet deferral', { type: 2, deferral: { type: 5, ephemeral: true } }, { type: 4, data: { content, flags: 64 } }],
  [
    'a deferred button',
    { type: 3, deferral: { type: 6, ephemeral: false } },
    { type: 4, data: { content, flags: 64 } },
  ],
  ['autocompletion', { type: 4, deferral: undefined }, { type: 8, data: { choices: [] } }],
] as const)('%s is told that the bot is busy in the form that Discord takes', (_name, interaction, answer) => {
  expect(busyAnswer({ ...interaction, payload })).toEqual(answer);
});
