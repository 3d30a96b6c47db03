import { describe, expect, it } from 'vitest';
import type { Deferral } from './interaction.ts';
import { asEdit, asFollowUp, planCallback, planContent } from './plan.ts';

const command = 2;
const component = 3;
const autocomplete = 4;
const publicly: Deferral = { type: 5, ephemeral: false };
const privately: Deferral = { type: 5, ephemeral: true };
const update: Deferral = { type: 6, ephemeral: false };
const choices: Deferral = { type: 8, ephemeral: false };
const hello = { content: 'hello' };
const secret = { content: 'secret', flags: 64 };

describe('an answer to a deferred interaction', () => {
  it.each([
    [
      'a reply after time was won publicly edits the original',
      command,
      publicly,
      4,
      hello,
      { do: 'edit', message: hello },
    ],
    [
      'an ephemeral reply after a public deferral replaces it',
      command,
      publicly,
      4,
      secret,
      { do: 'replace', message: secret },
    ],
    [
      'an ephemeral reply after an ephemeral deferral edits it',
      command,
      privately,
      4,
      secret,
      { do: 'edit', message: secret },
    ],
    [
      'a public reply after an ephemeral deferral replaces it',
      command,
      privately,
      4,
      hello,
      { do: 'replace', message: hello },
    ],
    ['a deferral of the same kind is already done', command, publicly, 5, {}, { do: 'acknowledge' }],
    [
      'an ephemeral deferral after a public one is owed',
      command,
      publicly,
      5,
      { flags: 64 },
      { do: 'acknowledge', owed: { kind: 'reply', ephemeral: true } },
    ],
    ['a command cannot update a message', command, publicly, 7, hello, { do: 'refuse' }],
    ['a command cannot silently acknowledge', command, publicly, 6, {}, { do: 'refuse' }],
    ['a modal comes too late', command, publicly, 9, { custom_id: 'x' }, { do: 'refuse' }],
    ['a modal comes too late for a button, too', component, update, 9, { custom_id: 'x' }, { do: 'refuse' }],
    ['an update edits the message of the button', component, update, 7, hello, { do: 'edit', message: hello }],
    ['a silent acknowledgement is already done', component, update, 6, {}, { do: 'acknowledge' }],
    ['a reply to a button is a message of its own', component, update, 4, secret, { do: 'follow-up', message: secret }],
    [
      'a deferred reply to a button is owed',
      component,
      update,
      5,
      { flags: 64 },
      { do: 'acknowledge', owed: { kind: 'reply', ephemeral: true } },
    ],
    ['choices come too late and are dropped', autocomplete, choices, 8, { choices: [] }, { do: 'acknowledge' }],
    ['choices are no reply', autocomplete, choices, 4, hello, { do: 'refuse' }],
    ['an unknown kind is refused', command, publicly, 99, {}, { do: 'refuse' }],
  ] as const)('%s', (_name, type, deferral, callback, data, expected) => {
    expect(planCallback({ state: 'deferred', deferral, type }, { type: callback, data })).toEqual(expected);
  });

  it('goes to Discord as it is when nobody has deferred', () => {
    expect(planCallback({ state: 'pending', deferral: undefined, type: command }, { type: 9 })).toEqual({
      do: 'forward',
    });
  });

  it.each(['answered', 'acknowledged'] as const)('is refused when the interaction is %s', (state) => {
    expect(planCallback({ state, deferral: publicly, type: command }, { type: 4, data: hello })).toEqual({
      do: 'refuse',
    });
  });
});

describe('the first content after a deferral', () => {
  it('goes to Discord as it is when nothing is owed', () => {
    expect(planContent({ deferral: publicly, owed: undefined })).toEqual({ do: 'forward' });
  });
  it('replaces a public deferral when the bot wanted an ephemeral one', () => {
    expect(planContent({ deferral: publicly, owed: { kind: 'reply', ephemeral: true } })).toEqual({
      do: 'replace',
      ephemeral: true,
    });
  });
  it('is a message of its own after a silent deferral', () => {
    expect(planContent({ deferral: update, owed: { kind: 'reply', ephemeral: false } })).toEqual({
      do: 'follow-up',
      ephemeral: false,
    });
  });
});

describe('messages in another form', () => {
  it('an edit takes no text-to-speech and no ephemeral flag, but keeps components of version 2', () => {
    expect(asEdit({ content: 'a', tts: true, flags: 64 | 4 | (1 << 15), embeds: [] })).toEqual({
      content: 'a',
      embeds: [],
      flags: 4 | (1 << 15),
    });
    expect(asEdit({ content: 'a', flags: 64 })).toEqual({ content: 'a' });
  });
  it('a follow-up is exactly as private as it should be', () => {
    expect(asFollowUp({ content: 'a' }, true)).toEqual({ content: 'a', flags: 64 });
    expect(asFollowUp({ content: 'a', flags: 64 | 4 }, false)).toEqual({ content: 'a', flags: 4 });
    expect(asFollowUp({ content: 'a', flags: 64 }, false)).toEqual({ content: 'a' });
  });
});
