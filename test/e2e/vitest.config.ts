import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { tags } from '../needs.ts';

/** Every command in every state, at the pace that Discord allows; too slow for `npm test`. `npm run test:commands` */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/e2e/commands.test.ts'],
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
  },
});
