import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DefaultRoleManager, newEnforcer, newModelFromString, type Assertion, type RoleManager } from 'casbin';
import { platformFault } from '#infra/kernel/errors.ts';
import { tenantRole, type Compiled, type PolicySubject, type TenantPolicies } from './compile.ts';
import { during } from './hours.ts';

/** One request to Casbin, as `model.conf` defines it. */
interface Inquiry {
  readonly subject: PolicySubject;
  readonly domain: string;
  readonly object: string;
  readonly act: string;
  readonly places: ReadonlySet<string>;
  readonly atMs: number;
}

export interface Outcome {
  readonly allowed: boolean;
  /** The id of the rule that decided; undefined if none did. */
  readonly rule: string | undefined;
}

/** Casbin, asked with the lines and the role links that could decide. */
interface PolicyEnforcer {
  enforce(inquiry: Inquiry, compiled: Compiled, links: RoleManager): Outcome;
}

const modelText = readFile(path.join(import.meta.dirname, 'model.conf'), 'utf8');
const ruleColumn = 7;
/** Casbin's own default. */
const maxHierarchyLevel = 10;

/**
 * One enforcer for all tenants: to parse the model for each would take longer than to decide, and thousands of them
 * would take more memory than their policies. It holds lines and links only while it decides, which nothing interrupts.
 */
export const enforcer: Promise<PolicyEnforcer> = createEnforcer();

async function createEnforcer(): Promise<PolicyEnforcer> {
  const casbin = await newEnforcer(newModelFromString(await modelText));
  await casbin.addFunction('holds', (subject: PolicySubject, kind: string) => subject.kinds.has(kind));
  await casbin.addFunction('from', (places: ReadonlySet<string>, place: string) => places.has(place));
  await casbin.addFunction('during', (rule: string, { atMs, hours }: Moment) => {
    const when = hours.get(rule);
    if (!when) throw platformFault('policy.no-hours', `The rule ${rule} has no hours to compare with.`);
    return during(when)(atMs);
  });
  const { model } = casbin.getModel();
  const [policy, grouping] = [assertionOf(model, 'p'), assertionOf(model, 'g')];
  const nobody = new DefaultRoleManager(maxHierarchyLevel);
  return {
    enforce({ subject, domain, object, act, places, atMs }, { lines, hours }, links) {
      policy.policy = [...lines];
      grouping.rm = links;
      try {
        const moment: Moment = { atMs, hours };
        const [allowed, line] = casbin.enforceExSync(subject, domain, object, act, places, moment);
        return { allowed, rule: line[ruleColumn] };
      } finally {
        policy.policy = [];
        grouping.rm = nobody;
      }
    },
  };
}

type Moment = Pick<Inquiry, 'atMs'> & Pick<Compiled, 'hours'>;

function assertionOf(model: Map<string, Map<string, Assertion>>, name: 'p' | 'g'): Assertion {
  const assertion = model.get(name)?.get(name);
  if (!assertion) throw new Error(`model.conf defines no ${name}`);
  return assertion;
}

/** The members' roles in their tenant, as Casbin looks them up. */
export async function linksOf({ members, domain }: TenantPolicies): Promise<RoleManager> {
  const links = new DefaultRoleManager(maxHierarchyLevel);
  for (const { subject, role } of members) await links.addLink(subject, tenantRole(role), domain);
  return links;
}
