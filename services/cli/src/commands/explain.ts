import process from 'node:process';
import { Command } from 'commander';
import colors from 'picocolors';
import { z } from 'zod';
import { print, signedIn } from './session.ts';

const explanationSchema = z.looseObject({
  decision: z.string(),
  decidedAt: z.string(),
  allowed: z.boolean(),
  check: z.string().nullable(),
  reason: z.string().nullable(),
  rule: z.string().nullable(),
  version: z.string().nullable(),
  facts: z.object({
    action: z.string(),
    workload: z.object({ type: z.string(), id: z.string() }),
    member: z.object({ type: z.string(), id: z.string() }).nullable(),
    guild: z.string().nullable(),
    channel: z.string().nullable(),
    command: z.string().nullable(),
    roles: z.array(z.string()),
    permissions: z.string().nullable(),
  }),
  replay: z
    .looseObject({ policyVersion: z.number(), allowed: z.boolean(), rule: z.string().nullable(), agrees: z.boolean() })
    .nullable(),
  wouldAllow: z.array(z.looseObject({ sentence: z.string() })),
});

/** `bailiwick explain`: why a decision was so. Its id stands in every refusal and in the audit log. */
export function explainCommand(): Command {
  return new Command('explain')
    .argument('<tenant>')
    .argument('<decision>', 'dec_…, as a refusal or the audit log names it')
    .description('why something was allowed or denied, and what would have allowed it')
    .option('--json', 'as the API answers')
    .action(async (tenant: string, decision: string, { json }: { json?: boolean }) => {
      const path = `/v1/tenants/${encodeURIComponent(tenant)}/decisions/${encodeURIComponent(decision)}`;
      const explanation = await (await signedIn()).call('GET', path, explanationSchema);
      if (json) print(explanation);
      else process.stdout.write(`${describe(explanation)}\n`);
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
}: z.infer<typeof explanationSchema>) {
  const verdict = allowed ? colors.green('✓ allowed') : colors.red('✗ denied');
  const by = rule === null ? 'no rule mentions it' : `rule ${rule}`;
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
          `  under version ${replay.policyVersion} of the policy: ${replay.agrees ? 'comes to the same' : 'comes to something else'}`,
        ]
      : []),
    ...(wouldAllow.length === 0
      ? []
      : ['  It would have been allowed:', ...wouldAllow.map(({ sentence }) => `    - ${sentence}`)]),
  ].join('\n');
}
