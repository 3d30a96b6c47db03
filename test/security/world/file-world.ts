import { afterAll } from 'vitest';
import type { PartsOptions } from './parts.ts';
import { startWorld, type World } from './world.ts';

/** A world for all tests of the file that calls this at its top level; closed after them. */
export async function worldOfThisFile(options: Partial<PartsOptions> = {}): Promise<World> {
  const world = await startWorld(options);
  afterAll(() => world[Symbol.asyncDispose]());
  return world;
}
