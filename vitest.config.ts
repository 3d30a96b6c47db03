import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { tags } from './test/needs.ts';

/** Tests that depend on deadlines of seconds, such as Discord's three: one at a time, with nothing else running. */
const platforms = [
  'test/e2e/**/*.test.ts',
  'gateway-proxy/discord-edge/deferral.test.ts',
  'gateway-proxy/proxy/relay/upstreams.test.ts',
  'security/identity/revocations.test.ts',
];

/**
 * Tests that inspect their whole process (its listeners, its HTTP client) or yield to others: each in a process of
 * its own.
 */
const alone = ['security/audit/sequencer.test.ts', 'test/sandbox/discord/discord-js.test.ts'];

/** Every command in every state: run by `npm run test:commands`. */
const commands = ['test/e2e/commands.test.ts'];

/** What takes long, most of it faults and how long it takes until all is well: run by `npm run test:faults`. */
export const slow = [
  'infra/{leases,sagas}/**/*.test.ts',
  'services/audio/src/{guild-settings,library,long-queues,node-faults,outliving,play-steps,several-nodes,shared-fate,two-audios,voice-faults}.test.ts',
  'services/audio/src/{infrastructure/session-history,presentation/timeline-routes}.test.ts',
  'gateway-proxy/discord-edge/{request-channels,rest,session-faults,talk-and-status,voice}.test.ts',
  'gateway-proxy/proxy/{listeners/public-listener,relay/streams,two-proxies}.test.ts',
  'services/worker/src/webhooks/{kill,webhooks}.test.ts',
  'services/worker/src/{statistics/play-statistics,worker}.test.ts',
  'infra/jobs/schedules.test.ts',
  'gateway-proxy/discord-edge/{credential-history,two-edges}.test.ts',
  'test/integration/{api-machines,api-onboarding,deletions,erasure}.test.ts',
];

/** Of these, what depends on deadlines of seconds as well. */
export const slowAlone = ['security/identity/token-service/process.test.ts', 'test/security/shared-fate.test.ts'];

/** The longest tests start first, so that none is left alone at the end. By default the size of a file decides. */
const longest = ['services/cli/src/cli.test.ts', 'test/integration/api-openapi.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = longest.findIndex((name) => moduleId.endsWith(`/${name}`));
      return rank < 0 ? longest.length : rank;
    };
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

/** Tests that need no external server. The others have their own configuration in test/servers. */
export default defineConfig({
  test: {
    pool: 'forks',
    // Node loads the tests as it loads the product: natively.
    experimental: { viteModuleRunner: false },
    globalSetup: ['test/global-setup.ts'],
    reporters: ['default', './test/skipped.ts'],
    tags,
    // CI repeats only the message of a failure: it tells the whole value.
    chaiConfig: { truncateThreshold: 2_000 },
    // Most of what these tests do is wait for a database, a process or a clock.
    maxWorkers: 3,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['{infra,security,policies,tenants,gateway-proxy,services,test}/**/*.test.ts'],
          exclude: [
            'node_modules/**',
            'test/{servers,faults}/**',
            ...commands,
            ...platforms,
            ...alone,
            ...slow,
            ...slowAlone,
          ],
          // Modules are loaded once per worker: a file restores what it changes in its process.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: alone, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'platforms',
          include: platforms,
          exclude: commands,
          fileParallelism: false,
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
