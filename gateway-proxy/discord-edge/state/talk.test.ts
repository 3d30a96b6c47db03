import { expect, test } from 'vitest';
import { Talk, type TalkBelow } from './talk.ts';

const bot = '100';
let ids = 1_000;
const message = (author: string, rest: object = {}) => ({
  t: 'MESSAGE_CREATE',
  d: { id: String((ids += 1)), channel_id: '7', author: { id: author }, content: 'secret', ...rest },
});

function counted() {
  const told: TalkBelow[] = [];
  const talk = new Talk((below) => told.push(below));
  const say = (dispatch: ReturnType<typeof message>) => {
    talk.dispatched(dispatch, bot);
    return dispatch.d.id;
  };
  return { told, talk, say };
}

test('tells at powers of two how many came after the newest message of the bot, and nothing of what they say', () => {
  const { told, talk, say } = counted();
  say(message('1'));
  const after = say(message(bot));
  for (let count = 0; count < 9; count += 1) say(message('1'));
  expect(told).toEqual([1, 2, 4, 8].map((later) => ({ channel: '7', after, later })));
  expect(talk.current()).toEqual([{ channel: '7', after, later: 9 }]);
  const next = say(message(bot));
  expect(talk.current()).toEqual([]);
  say(message('1', { channel_id: '8' }));
  say(message('2'));
  expect(told.slice(4)).toEqual([{ channel: '7', after: next, later: 1 }]);
});

test('counts answers of the bot, but not what only one member sees, and nothing twice', () => {
  const { told, talk, say } = counted();
  say(message(bot));
  say(message(bot, { flags: 64 }));
  expect(told).toEqual([]);
  const answer = message(bot, { interaction_metadata: { id: '5' } });
  say(answer);
  say(answer);
  expect(talk.current()).toMatchObject([{ later: 1 }]);
  say(message(bot, { mentions: [{ id: '1' }] }));
  expect(talk.current()).toMatchObject([{ later: 2 }]);
  say(message(bot, { mentions: [{ id: '1' }], components: [{ type: 17 }] }));
  expect(talk.current()).toEqual([]);
});

test('continues with what was saved, and forgets the oldest of more than 500 channels', () => {
  const { talk, say } = counted();
  for (let channel = 0; channel <= 500; channel += 1) say(message(bot, { channel_id: `c${channel}` }));
  expect(talk.saved()).toHaveLength(500);
  say(message('1', { channel_id: 'c0' }));
  say(message('1', { channel_id: 'c500' }));
  const next = counted();
  next.talk.restore(talk.saved());
  expect(next.talk.current()).toMatchObject([{ channel: 'c500', later: 1 }]);
  next.say(message('1', { channel_id: 'c500' }));
  expect(next.told).toMatchObject([{ channel: 'c500', later: 2 }]);
});
