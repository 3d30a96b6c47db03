import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { slow } from '../../vitest.config.ts';
import { tags } from '../needs.ts';

/** Faults in a whole running platform, and in its parts, one file at a time; too slow for `npm test`. `npm run test:faults` */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/faults/**/*.test.ts', ...slow],
    pool: 'forks',
    fileParallelism: false,
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/skipped.ts'],
    tags,
    // CI repeats only the message of a failure: it tells the whole value.
    chaiConfig: { truncateThreshold: 2_000 },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
