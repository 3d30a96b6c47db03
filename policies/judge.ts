import type { Enforcer } from 'casbin';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { newId } from '#infra/kernel/ids.ts';
import {
  anyGuildObject,
  buildEnforcer,
  commandAct,
  guildObject,
  tenantObject,
  type TenantPolicies,
} from './compile.ts';
import { memberSubject, workloadSubject, type Decision, type DecisionRequest, type Question } from './request.ts';

const maxRemembered = 5_000;
const maxEnforcers = 256;

/**
 * Decides by one tenant's policies as they stand at one version; never changed, only replaced. Whatever answers "may
 * they" asks one of these: the decision point for what is stored, a dry-run for what is proposed.
 */
export class Judge {
  readonly version: string;
  readonly #policies: TenantPolicies;
  /** By object and act, each built when it is first asked. */
  readonly #enforcers = new BoundedMap<string, Promise<Enforcer>>(maxEnforcers);
  readonly #remembered = new BoundedMap<string, Decision>(maxRemembered);
  /** Whole answers by everything that was asked, so that what is asked again is not taken apart again. */
  readonly #answers = new BoundedMap<string, Decision>(maxRemembered);

  constructor(version: string, policies: TenantPolicies) {
    this.version = version;
    this.#policies = policies;
  }

  /** Two questions: may this workload do it here, and, where it acts for somebody, may they? */
  async decide(request: DecisionRequest): Promise<Decision> {
    const questions = questionsOf(request);
    if (!questions) return refusal('other-guild', this.version, 'This was asked for in another server.');
    let decision: Decision | undefined;
    for (const question of questions) {
      decision = await this.#ask(request, question);
      if (!decision.allowed) return decision;
    }
    if (!decision) return refusal('failed', this.version, 'This could not be decided.');
    this.#answers.set(keyOf(request), decision);
    return decision;
  }

  /** What `decide` has allowed before for the very same facts; else nothing. */
  recall(request: DecisionRequest): Decision | undefined {
    return this.#answers.get(keyOf(request), 0);
  }

  async #ask(request: DecisionRequest, question: Question): Promise<Decision> {
    const { subject, act, channel } = question;
    const object = question.object === 'tenant' ? tenantObject : this.#objectOf(request);
    const key = JSON.stringify([subject.id, [...subject.kinds].sort(), object, act, channel]);
    const known = this.#remembered.get(key, 0);
    if (known) return known;
    const enforcer = await this.#enforcerFor(object, act);
    const [allowed, line] = enforcer.enforceExSync(subject, this.#policies.domain, object, act, channel);
    const decision = this.#decisionOf(allowed, line, question);
    this.#remembered.set(key, decision);
    return decision;
  }

  #enforcerFor(object: string, act: string): Promise<Enforcer> {
    const key = `${object} ${act}`;
    const known = this.#enforcers.get(key, 0);
    if (known) return known;
    const building = buildEnforcer(this.#policies, object, act);
    this.#enforcers.set(key, building);
    building.catch(() => this.#enforcers.delete(key));
    return building;
  }

  #objectOf({ member, guild }: DecisionRequest): string {
    const asked = guild ?? member?.guild;
    return asked !== undefined && this.#policies.guilds.has(asked) ? guildObject(asked) : anyGuildObject;
  }

  #decisionOf(allowed: boolean, line: readonly string[], question: Question): Decision {
    const rule = line[6];
    const reason = rule === undefined ? 'no-rule' : 'rule';
    const message = allowed ? 'Allowed.' : denialOf(question);
    return {
      id: newId('dec'),
      allowed,
      reason,
      version: this.version,
      message,
      ...(rule === undefined ? {} : { rule }),
    };
  }
}

/** A denial that no rule made. */
export const refusal = (reason: Decision['reason'], version: string, message: string): Decision => ({
  id: newId('dec'),
  allowed: false,
  reason,
  version,
  message,
});

/**
 * Everything that an answer depends on, and nothing else. Ids hold digits only, actions and workloads are closed lists;
 * the one text that may be anything stands last.
 */
function keyOf({ workload, action, guild, member }: DecisionRequest): string {
  const asked = `${workload.kind === 'service' ? workload.name : workload.kind} ${action} ${guild}`;
  if (!member) return asked;
  if (member.kind === 'tenant-member') return `${asked} member ${member.guild} ${member.subject}`;
  const { user, roles, permissions, channel, command } = member;
  const place = `${member.guild} ${channel} ${user} ${permissions}`;
  return `${asked} discord ${place} ${roles.length === 0 ? '' : roles.join()} ${command}`;
}

function questionsOf(request: DecisionRequest): Question[] | undefined {
  const { action, workload, member, guild } = request;
  const questions: Question[] = [{ subject: workloadSubject(workload), object: 'tenant', act: action, channel: '*' }];
  if (!member) return questions;
  if (member.guild !== undefined && guild !== undefined && member.guild !== guild) return undefined;
  const subject = memberSubject(member);
  questions.push(
    member.kind === 'discord'
      ? { subject, object: 'guild', act: commandAct(member.command), channel: member.channel }
      : { subject, object: 'tenant', act: action, channel: '*' },
  );
  return questions;
}

function denialOf({ object, act }: Question): string {
  if (object === 'tenant') return 'This is not allowed for you here.';
  return `The rules of this server do not let you use /${act.replace('command:', '')} here. An admin can change them.`;
}
