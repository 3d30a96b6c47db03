import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openRecords, type Records } from '#infra/database/prisma.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createSignInStore, type SignInStore } from './sign-in-store.ts';

let server: TestDatabase;
let records: Records;
let database: Database;
let clock: FakeClock;
let signIns: SignInStore;
const dayMs = 24 * 60 * 60_000;

beforeAll(async () => {
  server = await testDatabase('api');
  records = openRecords({ url: server.url, maxConnections: 2 });
  database = openDatabase({ url: server.url, maxConnections: 2 });
});
afterAll(async () => {
  await records[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(() => {
  clock = new FakeClock();
  signIns = createSignInStore(records, database, clock);
});

async function rotated(refreshToken: string) {
  const rotation = await signIns.rotate(refreshToken);
  if (rotation.is !== 'rotated') throw new Error(`the token was ${rotation.is}`);
  return rotation.signIn;
}

test('keeps a person signed in who comes back within thirty days, for half a year', async () => {
  let signIn = await signIns.open('discord:1', 'discord');
  for (let month = 0; month < 6; month += 1) {
    clock.advance(29 * dayMs);
    expect(await signIns.find(signIn.id)).toEqual({ subject: 'discord:1' });
    signIn = await rotated(signIn.refreshToken);
  }
  expect(signIn.expiresAt.getTime()).toBe(Date.UTC(2026, 0, 1) + 180 * dayMs);
  clock.advance(7 * dayMs);
  expect(await signIns.rotate(signIn.refreshToken)).toEqual({ is: 'unknown' });
  expect(await signIns.find(signIn.id)).toBeUndefined();
});

test('forgets a person who stays away, and an operator after half a day', async () => {
  const person = await signIns.open('discord:2', 'discord');
  const operator = await signIns.open('operator:o', 'one-time');
  clock.advance(dayMs / 2 - 1);
  const later = await rotated(operator.refreshToken);
  expect(later.expiresAt).toEqual(operator.expiresAt);
  clock.advance(1);
  expect(await signIns.find(operator.id)).toBeUndefined();
  expect(await signIns.rotate(later.refreshToken)).toEqual({ is: 'unknown' });
  expect(await signIns.find(person.id)).toBeDefined();
  clock.advance(30 * dayMs);
  expect(await signIns.rotate(person.refreshToken)).toEqual({ is: 'unknown' });
});

test('ends a sign-in whose token comes a second time, however old it is, and no other', async () => {
  const first = await signIns.open('discord:3', 'discord');
  const elsewhere = await signIns.open('discord:3', 'discord');
  let current = first;
  for (let use = 0; use < 3; use += 1) current = await rotated(current.refreshToken);
  expect(await signIns.rotate(first.refreshToken)).toEqual({ is: 'reused', subject: 'discord:3', id: first.id });
  expect(await signIns.rotate(current.refreshToken)).toEqual({ is: 'unknown' });
  expect(await signIns.find(first.id)).toBeUndefined();
  expect(await signIns.find(elsewhere.id)).toBeDefined();
});
