import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { tags } from '../needs.ts';

/** Tests against third-party programs: a browser, zsh and fish, Go, Python. `npm run test:servers` */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/servers/**/*.test.ts'],
    pool: 'forks',
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/skipped.ts'],
    tags,
    // CI repeats only the message of a failure: it tells the whole value.
    chaiConfig: { truncateThreshold: 2_000 },
    testTimeout: 60_000,
    hookTimeout: 300_000,
    // Half of what these tests do is wait for a page, a process or a clock.
    maxWorkers: 2,
  },
});
