import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { tags } from '../needs.ts';

/** These say how soon something is done, so nothing else runs beside them. */
const deadlines = [
  'test/servers/heard.test.ts',
  'test/servers/redis/{live-feeds,live-platform,two-proxies,two-proxies-failover}.test.ts',
  'test/servers/vault/{external-key-kill,external-key-platform,lost-key}.test.ts',
];

/** The move of the keys killed at each of its steps, and what Vault's tests say of OpenBao. Without them: `npm run test:servers -- --project '!long'` */
const long = ['test/servers/vault/{keys-move-kill,openbao}.test.ts'];

/** Tests against third-party programs: a browser, zsh and fish, Go, Python. `npm run test:servers` */
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
      // Half of what these do is wait for a page, a process or a clock.
      {
        extends: true,
        test: {
          name: 'two at once',
          include: ['test/servers/**/*.test.ts'],
          exclude: [...deadlines, ...long],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'deadlines', include: deadlines, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
      { extends: true, test: { name: 'long', include: long, sequence: { groupOrder: 2 } } },
    ],
  },
});
