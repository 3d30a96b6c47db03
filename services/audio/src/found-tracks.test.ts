import { afterEach, beforeEach, expect, test } from 'vitest';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { audioRig, member, type AudioRig } from '../testing/audio-rig.ts';

/** What was found lately is not looked for again: of the same tenant, for five minutes; then while it is renewed. */
const minuteMs = 60_000;
let rig: AudioRig;
/** What the nodes were asked to load. */
let asked: string[];

beforeEach(async () => {
  rig = await audioRig();
  asked = [];
  rig.faults.refuse = ({ path }) => {
    const identifier = new URLSearchParams(path.split('?')[1]).get('identifier');
    if (identifier !== null) asked.push(identifier);
    return undefined;
  };
});
afterEach(() => rig[Symbol.asyncDispose]());

const search = (query: string, tenant = rig.tenants[0]) => rig.audio.commands.search(tenant, query);

test('a search is not sent to a node again for five minutes, and then answered while it is renewed', async () => {
  const first = await search('bell');
  expect(first.tracks.length).toBeGreaterThan(0);
  expect(await search('bell')).toEqual(first);
  expect(asked).toHaveLength(1);
  rig.clock.advance(5 * minuteMs + 1);
  expect(await search('bell')).toEqual(first);
  await expect.poll(() => asked).toHaveLength(2);
});

test("another tenant's search is its own", async () => {
  await search('bell');
  await search('bell', rig.tenants[1]);
  expect(asked).toHaveLength(2);
});

test('many who search for the same at once are one load', async () => {
  const found = await Promise.all(Array.from({ length: 100 }, () => search('bell')));
  expect(new Set(found.map(({ tracks }) => JSON.stringify(tracks)))).toHaveProperty('size', 1);
  expect(asked).toHaveLength(1);
});

test('what is queued twice from one load has two places in the queue', async () => {
  const enqueue = () => rig.audio.commands.enqueue(rig.guildKey, member(), 'bell');
  const answers = [await enqueue(), await enqueue(), await enqueue()];
  expect(asked).toHaveLength(1);
  expect(new Set(answers.flatMap(({ added }) => added.map(({ entryId }) => entryId)))).toHaveProperty('size', 3);
});

test('what was not found is looked for again', async () => {
  const enqueue = () => rig.audio.commands.enqueue(rig.guildKey, member(), 'nothing');
  for (const _ of [1, 2]) await expect(enqueue()).rejects.toMatchObject({ code: playerErrorCodes.nothingFound });
  expect(asked).toHaveLength(2);
});

test('a process that starts again, or gets the tenant back, looks for everything again', async () => {
  await search('bell');
  await rig.restart();
  await search('bell');
  expect(asked).toHaveLength(2);
});
