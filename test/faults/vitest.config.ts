import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { slow, slowAlone } from '../../vitest.config.ts';
import { tags } from '../needs.ts';

/** Whatever is killed, it is done in the end: none of these says how soon. */
const finishes = 'test/faults/{confinement-shared-fate,deletion,live,onboarding,rotation}.test.ts';

/** Together they take half an hour. Without them: `npm run test:faults -- --project '!long'` */
const long = 'test/faults/long/**/*.test.ts';

/** Faults in a whole running platform, and in its parts; too slow for `npm test`. `npm run test:faults` */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    pool: 'forks',
    // Node loads the tests as it loads the product: natively.
    experimental: { viteModuleRunner: false },
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/skipped.ts'],
    tags,
    // CI repeats only the message of a failure: it tells the whole value.
    chaiConfig: { truncateThreshold: 2_000 },
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    projects: [
      // Most of what these do is wait.
      { extends: true, test: { name: 'parts', include: slow, sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: 'finishes', include: [finishes], sequence: { groupOrder: 1 } } },
      {
        extends: true,
        test: {
          name: 'platforms',
          include: ['test/faults/**/*.test.ts', ...slowAlone],
          exclude: [finishes, long],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: { name: 'long', include: [long], fileParallelism: false, sequence: { groupOrder: 3 } },
      },
    ],
  },
});
