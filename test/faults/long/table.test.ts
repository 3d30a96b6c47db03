import { afterAll, beforeAll, describe } from 'vitest';
import { freezes, outside } from '../table/faults.ts';
import { rows } from '../table/rows.ts';
import { openStage, type Stage } from '../table/stage.ts';

/* The rows of the table in test/README.md that take longer than a minute each. */
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
}, 180_000);

afterAll(() => stage?.[Symbol.asyncDispose](), 60_000);

describe('no command is left open, and the song goes on, when', () => {
  rows(() => stage, [...freezes(60), ...outside(60)]);
});
