// Holds the floors of the house (infra/README.md) with dependency-cruiser; sees to it that it looked at something.
import { registerHooks } from 'node:module';
import process from 'node:process';
import options from '../../.dependency-cruiser.mjs';
import { root } from './setup.mjs';

// dependency-cruiser reads with TypeScript 6 or earlier; for it, and only here, that is what `typescript` means.
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
