import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  Enforcer,
  FunctionMap,
  newEnforcerWithClass,
  newModelFromString,
  type Assertion,
  type RoleManager,
} from 'casbin';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { ruleOf, tenantRole, whenOf, type PolicyLine, type PolicySubject, type TenantPolicies } from './compile.ts';
import { during } from './hours.ts';

/** One question to Casbin, with the policy lines that may apply to it. */
export interface Asked {
  readonly subject: PolicySubject;
  readonly domain: string;
  readonly object: string;
  readonly act: string;
  /** The channel of the request and its parents; empty without a channel. */
  readonly places: ReadonlySet<string>;
  readonly atMs: number;
  readonly lines: readonly PolicyLine[];
  readonly members: TenantPolicies['members'];
}

export interface Verdict {
  readonly allowed: boolean;
  /** Id of the rule that decided; undefined if none did. */
  readonly rule: string | undefined;
}

/** Clocks of time zones are large. */
const maxSpans = 500;

/** Without Casbin's own functions, of which model.conf uses none: each line that is compared gets a copy of all. */
class OwnFunctions extends Enforcer {
  protected override fm = new FunctionMap();
}

/**
 * The one Casbin enforcer of a process. It keeps no policies: each question brings its own lines and role links, which
 * are gone again before anything else runs. An enforcer for each tenant would take some twenty kilobytes for each act
 * that it decides, and a millisecond to build.
 */
export class PolicyEnforcer {
  readonly #casbin: Enforcer;
  readonly #lines: Assertion;
  readonly #roles: MemberRoles;

  private constructor(casbin: Enforcer, lines: Assertion, roles: MemberRoles) {
    this.#casbin = casbin;
    this.#lines = lines;
    this.#roles = roles;
  }

  static async open(): Promise<PolicyEnforcer> {
    const casbin = await newEnforcerWithClass(
      OwnFunctions,
      newModelFromString(await readFile(path.join(import.meta.dirname, 'model.conf'), 'utf8')),
    );
    const roles = new MemberRoles();
    casbin.setRoleManager(roles);
    await casbin.buildRoleLinks();
    const spans = new BoundedMap<string, (atMs: number) => boolean>(maxSpans);
    await casbin.addFunction('holds', (subject: PolicySubject, kind: string) => subject.kinds.has(kind));
    await casbin.addFunction('from', (places: ReadonlySet<string>, place: string) => places.has(place));
    await casbin.addFunction('during', (when: string, atMs: number) => {
      let holds = spans.get(when, 0);
      if (!holds) {
        holds = during(whenOf(when));
        spans.set(when, holds);
      }
      return holds(atMs);
    });
    const lines = casbin.getModel().model.get('p')?.get('p');
    if (!lines) throw platformFault('policy.no-model', 'Casbin did not read the policy definition of model.conf.');
    return new PolicyEnforcer(casbin, lines, roles);
  }

  /** Synchronous throughout: no other question can come between. */
  enforce({ subject, domain, object, act, places, atMs, lines, members }: Asked): Verdict {
    this.#lines.policy = lines as unknown as string[][];
    this.#roles.members = members;
    try {
      const [allowed, line] = this.#casbin.enforceExSync(subject, domain, object, act, places, atMs);
      return { allowed, rule: ruleOf(line) };
    } finally {
      this.#lines.policy = [];
      this.#roles.members = [];
    }
  }
}

let opened: Promise<PolicyEnforcer> | undefined;
/** The enforcer of this process. */
export const policyEnforcer = (): Promise<PolicyEnforcer> => (opened ??= PolicyEnforcer.open());

/** The roles of the members of the tenant that is asked about; Casbin asks for no others. */
class MemberRoles implements RoleManager {
  members: TenantPolicies['members'] = [];

  syncedHasLink(subject: string, role: string): boolean {
    return this.members.some((member) => member.subject === subject && tenantRole(member.role) === role);
  }

  async hasLink(subject: string, role: string): Promise<boolean> {
    return this.syncedHasLink(subject, role);
  }

  async getRoles(subject: string): Promise<string[]> {
    return this.members.filter((member) => member.subject === subject).map(({ role }) => tenantRole(role));
  }

  async getUsers(role: string): Promise<string[]> {
    return this.members.filter((member) => tenantRole(member.role) === role).map(({ subject }) => subject);
  }

  async getDomains(): Promise<string[]> {
    return [];
  }

  getAllDomains(): Promise<string[]> {
    return this.getDomains();
  }

  /** Links come with each question, never through Casbin. */
  async addLink(): Promise<void> {}
  async deleteLink(): Promise<void> {}
  async clear(): Promise<void> {}
  async printRoles(): Promise<void> {}
}
