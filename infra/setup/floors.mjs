// Enforces the layers (infra/README.md) with dependency-cruiser, and makes sure that it inspected something.
import { registerHooks } from 'node:module';
import process from 'node:process';
import options from '../../.dependency-cruiser.mjs';
import { root } from './setup.mjs';

// dependency-cruiser parses with TypeScript 6 or earlier; only for it, `typescript` resolves to that.
registerHooks({
  resolve: (name, context, next) =>
    next(/^typescript(\/|$)/.test(name) ? name.replace('typescript', 'typescript5') : name, context),
});
const { cruise } = await import('dependency-cruiser');

process.chdir(root);
const floors = ['infra', 'security', 'policies', 'tenants', 'gateway-proxy', 'services', 'test'];
const { output } = await cruise(floors, {
  ...options.options,
  ruleSet: { forbidden: options.forbidden },
  validate: true,
});
const { totalCruised, violations } = output.summary;
for (const { from, to, rule } of violations) process.stderr.write(`${rule.severity} ${rule.name}: ${from} → ${to}\n`);
if (totalCruised < 100) {
  process.stderr.write(`inspected only ${totalCruised} modules: the check itself is broken\n`);
  process.exit(1);
}
process.stderr.write(`${totalCruised} modules, ${violations.length} violation(s)\n`);
process.exit(violations.some(({ rule }) => rule.severity === 'error') ? 1 : 0);
