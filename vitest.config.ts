import { defineConfig } from 'vitest/config';

/** Tests that need no foreign server. Those that do have a project of their own in test/servers. */
export default defineConfig({
  test: {
    include: ['{infra,security,policies,tenants,gateway-proxy,services,test}/**/*.test.ts'],
    exclude: ['node_modules/**', 'test/servers/**'],
    pool: 'forks',
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
