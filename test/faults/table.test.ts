import { afterAll, beforeAll, describe } from 'vitest';
import { databaseFaults, diskFull, flood, freezes, kills, outside } from './table/faults.ts';
import { rows } from './table/rows.ts';
import { openStage, type Stage } from './table/stage.ts';

/* What a member notices of each fault; the rows of the table in test/README.md that take less than a minute. */
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
}, 180_000);

afterAll(() => stage?.[Symbol.asyncDispose](), 60_000);

describe('no command is left open, and the song goes on, when', () => {
  rows(() => stage, [...kills, ...freezes(10), ...databaseFaults, ...outside(10), diskFull, flood]);
});
