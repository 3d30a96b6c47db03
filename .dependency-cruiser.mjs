/** A floor may use those below it, never above; services and gateway-proxy stand side by side on top. */
const below = {
  infra: [],
  security: ['infra'],
  policies: ['infra', 'security'],
  tenants: ['infra', 'security', 'policies'],
  'gateway-proxy': ['infra', 'security', 'policies', 'tenants'],
  services: ['infra', 'security', 'policies', 'tenants'],
};
const floors = Object.keys(below);
/** Tests and what only tests use. */
const spec = '[.](test|contract|bench|fixture)[.]ts$|/testing/|/test-[a-z-]+[.]ts$';

/** Processes side by side: they share what is below them and `services/contracts`, never each other's insides. */
const processes = [
  'security/identity/token-service',
  'tenants/supervisor',
  'gateway-proxy/proxy',
  'gateway-proxy/discord-edge',
  'services/api',
  'services/audio',
  'services/cli',
  'services/gateway',
  'services/portal',
  'services/worker',
];
/** The command line makes the bot and the portal ready to run with the build of each. */
const builds = '^services/(gateway|portal)/build[.]ts$';

/** The folders of the edge: each may use those before it. The files beside them put everything together. */
const edge = [
  'discord',
  'state',
  'witness',
  'credential',
  'budgets',
  'interactions',
  'rest',
  'members',
  'sessions',
  'voice',
  'stream',
  'routes',
];

export default {
  forbidden: [
    ...Object.entries(below).map(([floor, allowed]) => ({
      name: `floor-${floor}`,
      severity: 'error',
      comment: `${floor} stands on ${allowed.join(', ') || 'nothing of ours'}.`,
      from: { path: `^${floor}/`, pathNot: spec },
      to: {
        path: `^(${[...floors, 'test'].filter((other) => other !== floor && !allowed.includes(other)).join('|')})/`,
      },
    })),
    ...processes.map((process) => ({
      name: `inside-${process.replaceAll('/', '-')}`,
      severity: 'error',
      comment: `What others need of ${process} belongs to a floor below, or to services/contracts.`,
      from: { path: '.', pathNot: ['^test/', spec, `^${process}/`] },
      to: { path: `^${process}/`, pathNot: [builds] },
    })),
    ...edge.map((folder, index) => ({
      name: `edge-${folder}`,
      severity: 'error',
      comment: `${folder} uses ${edge.slice(0, index).join(', ') || 'no other folder'} of the edge.`,
      from: { path: `^gateway-proxy/discord-edge/${folder}/`, pathNot: spec },
      to: {
        path: '^gateway-proxy/discord-edge/[^/]+/',
        pathNot: [`^gateway-proxy/discord-edge/(${edge.slice(0, index + 1).join('|')})/`],
      },
    })),
    {
      name: 'database-connections-in-one-place',
      severity: 'error',
      comment: 'Connections and pools come from infra/database/connections.ts: each has a listener for its errors.',
      from: { path: '.', pathNot: ['^test/', spec, '^infra/database/connections[.]ts$'] },
      to: { path: 'node_modules/pg(-pool)?/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-test-code-in-production',
      severity: 'error',
      comment: 'An oracle that production calls proves nothing.',
      from: { path: '.', pathNot: ['^test/', spec] },
      to: { path: '/testing/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-undeclared-package',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-package-in-production',
      severity: 'error',
      from: { pathNot: ['^test/', spec, '[.]config[.]ts$', '^infra/setup/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'not-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['infra/database/generated', 'test/sandbox/chat/public', 'services/portal/dist'] },
    parser: 'tsc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mts', '.js', '.mjs', '.json', '.css'],
    },
  },
};
