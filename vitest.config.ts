import { defineConfig } from 'vitest/config';

/** Those that start whole platforms or look at deadlines of seconds: one at a time, beside nothing else. */
const platforms = [
  'test/e2e/**/*.test.ts',
  'test/integration/{live,start}*.test.ts',
  'test/security/shared-fate.test.ts',
  'gateway-proxy/discord-edge/{deferral,restart}.test.ts',
  'gateway-proxy/proxy/upstreams.test.ts',
];

/** Those that look at their whole process (its listeners, its HTTP client): each in one of its own. */
const alone = ['security/audit/sequencer.test.ts', 'test/sandbox/discord/discord-js.test.ts'];

/** Tests that need no foreign server. Those that do have a configuration of their own in test/servers. */
export default defineConfig({
  test: {
    pool: 'forks',
    globalSetup: ['test/global-setup.ts'],
    // Most of what these tests do is wait for a database, a process or a clock.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['{infra,security,policies,tenants,gateway-proxy,services,test}/**/*.test.ts'],
          exclude: ['node_modules/**', 'test/servers/**', ...platforms, ...alone],
          // Modules are loaded once a worker: what a file changes in its process, it puts back.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: alone, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: 'platforms', include: platforms, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
