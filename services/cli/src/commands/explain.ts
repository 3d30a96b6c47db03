import { Command } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { tenantArgument } from './arguments.ts';
import { exampleDecision, exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

const read = async (tenant: string, decision: string) =>
  dataOf(
    (await signedIn()).api.GET('/v1/tenants/{tenant}/decisions/{decision}', { params: { path: { tenant, decision } } }),
  );

/** `bailiwick explain`: the reasons for a decision, whose id is in every refusal and in the audit log. */
export function explainCommand(): Command {
  return new Command('explain')
    .addArgument(tenantArgument())
    .argument('<decision>', 'dec_…, from a refusal or the audit log')
    .description('explain why something was allowed or denied, and what would have allowed it')
    .option('--json', "print the API's answer as JSON")
    .addHelpText('after', `\nExample:\n  bailiwick explain ${exampleTenant} ${exampleDecision}`)
    .action(async (tenant: string, decision: string, { json }: { json?: boolean }) => {
      const explanation = await read(tenant, decision);
      if (json) print(explanation);
      else say(describe(harmless(explanation)));
    });
}

function describe({
  allowed,
  check,
  reason,
  rule,
  decidedAt,
  facts,
  replay,
  wouldAllow,
  failures,
}: Awaited<ReturnType<typeof read>>) {
  const verdict = allowed ? colors.green('✓ allowed') : colors.red('✗ denied');
  const by = rule === null ? 'no rule matches' : `rule ${rule}`;
  const who = facts.member ?? facts.workload;
  const refused = check === null ? [] : [`refused by ${check} (${reason ?? 'without a reason'})`];
  const asked = [
    facts.command === null ? [] : [`/${facts.command}`],
    facts.guild === null ? [] : [`in guild ${facts.guild}`],
    facts.channel === null ? [] : [`from channel ${facts.channel}`],
    facts.roles.length === 0 ? [] : [`with roles ${facts.roles.join(', ')}`],
  ].flat();
  return [
    `${verdict}: ${facts.action} for ${who.type} ${who.id}, ${decidedAt}`,
    `  ${[by, ...refused].join(' · ')}`,
    ...(asked.length === 0 ? [] : [`  asked ${asked.join(' ')}`]),
    ...(replay
      ? [
          `  under version ${replay.policyVersion} of the policy: ${replay.agrees ? 'is decided in the same way' : 'is decided differently'}`,
        ]
      : []),
    ...failures.map(
      ({ at, reason, message }) => `  allowed, but failed ${at}: ${message ?? ''} (${reason ?? 'no code'})`,
    ),
    ...(wouldAllow.length === 0
      ? []
      : ['  It would have been allowed:', ...wouldAllow.map(({ sentence }) => `    - ${sentence}`)]),
  ].join('\n');
}
