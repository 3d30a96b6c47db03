import type { RoleManager } from 'casbin';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { newId, type Snowflake } from '#infra/kernel/ids.ts';
import {
  anyGuildObject,
  commandAct,
  compile,
  guildObject,
  tenantObject,
  voteSkipAct,
  voteSkipRule,
  type TenantPolicies,
} from './compile.ts';
import { djCommands } from './commands.ts';
import { enforcer, linksOf, type Outcome } from './enforcer.ts';
import type { GuildPolicy } from './guild-policy.ts';
import { minuteAt } from './hours.ts';
import { obligationsOf } from './obligations.ts';
import {
  memberSubject,
  placesOf,
  workloadSubject,
  type Decision,
  type DecisionRequest,
  type Question,
} from './request.ts';

const maxRemembered = 5_000;
const minuteMs = 60_000;

/**
 * Decides by one tenant's policies at one version; never changed, only replaced. All decisions come from one of these:
 * the decision point for stored policies, a dry run for a proposed one.
 */
export class PolicyEvaluator {
  readonly version: string;
  readonly #policies: TenantPolicies;
  /** Guilds with a rule that has hours. */
  readonly #timed: ReadonlySet<Snowflake>;
  /** Built at first use. */
  #links: Promise<RoleManager> | undefined;
  readonly #remembered = new BoundedMap<string, Decision>(maxRemembered);
  /** Complete answers by all facts of the request, so that a repeated request need not be evaluated again. */
  readonly #answers = new BoundedMap<string, Decision>(maxRemembered);

  constructor(version: string, policies: TenantPolicies) {
    this.version = version;
    this.#policies = policies;
    const timed = [...policies.guilds].filter(([, { policy }]) => policy.rules.some(({ when }) => when));
    this.#timed = new Set(timed.map(([guild]) => guild));
  }

  /** Two decisions: may this workload do it here, and, if it acts for somebody, may they? At this time, in ms. */
  async decide(request: DecisionRequest, atMs: number): Promise<Decision> {
    const questions = questionsOf(request);
    if (!questions) return refusal('other-guild', this.version, 'This was requested in another server.');
    let decision: Decision | undefined;
    for (const question of questions) {
      decision = await this.#ask(request, question, atMs);
      if (!decision.allowed && mayVote(question, decision)) {
        const vote = await this.#ask(request, { ...question, act: voteSkipAct }, atMs);
        if (vote.allowed) decision = vote;
      }
      if (!decision.allowed) return decision;
    }
    if (!decision) return refusal('failed', this.version, 'No access decision could be made.');
    const allowed = this.#bind(decision, request);
    const of = request.guild ?? request.member?.guild;
    this.#answers.set(this.#keyOf(request, atMs), allowed, this.#goodUntilMs(of, atMs));
    return allowed;
  }

  /** What `decide` has allowed before for exactly the same facts, if it is still valid; otherwise undefined. */
  recall(request: DecisionRequest, atMs: number): Decision | undefined {
    return this.#answers.get(this.#keyOf(request, atMs), atMs);
  }

  /** Adds the obligations of the member, or of whoever acts for them. */
  #bind(decision: Decision, { action, guild, member }: DecisionRequest): Decision {
    const of = guild ?? member?.guild;
    if (!member || of === undefined) return decision;
    const byVote = decision.rule === voteSkipRule;
    const obligations = obligationsOf(this.#guildPolicy(of).policy, { action, member, byVote });
    return obligations ? { ...decision, obligations } : decision;
  }

  #guildPolicy(guild: Snowflake): { readonly version: number; readonly policy: GuildPolicy } {
    return this.#policies.guilds.get(guild) ?? { version: 0, policy: this.#policies.fallback };
  }

  /** Everything that an answer depends on, including the minute if the guild has rules with hours. */
  #keyOf(request: DecisionRequest, atMs: number): string {
    const key = factsOf(request);
    const of = request.guild ?? request.member?.guild;
    return of !== undefined && this.#timed.has(of) ? `${minuteAt(atMs)} ${key}` : key;
  }

  /** A decision for one minute is not used in any other. */
  #goodUntilMs(guild: Snowflake | undefined, atMs: number): number | undefined {
    if (guild === undefined || !this.#timed.has(guild)) return undefined;
    return atMs - (atMs % minuteMs) + minuteMs;
  }

  async #ask(request: DecisionRequest, question: Question, atMs: number): Promise<Decision> {
    const { subject, act, places } = question;
    const object = question.object === 'tenant' ? tenantObject : this.#objectOf(request);
    const of = request.guild ?? request.member?.guild;
    const minute = question.object === 'guild' && of !== undefined && this.#timed.has(of) ? minuteAt(atMs) : null;
    const key = JSON.stringify([subject.id, [...subject.kinds].sort(), object, act, [...places], minute]);
    const known = this.#remembered.get(key, atMs);
    if (known) return known;
    const compiled = compile(this.#policies, { object, act, subject, places });
    const links = await (this.#links ??= linksOf(this.#policies));
    const { domain } = this.#policies;
    const outcome = (await enforcer).enforce({ subject, domain, object, act, places, atMs }, compiled, links);
    const asked = question.object === 'guild' && of !== undefined ? this.#guildPolicy(of) : undefined;
    const decision = decisionOf(this.version, outcome, question, asked);
    this.#remembered.set(key, decision, minute === null ? undefined : this.#goodUntilMs(of, atMs));
    return decision;
  }

  #objectOf({ member, guild }: DecisionRequest): string {
    const asked = guild ?? member?.guild;
    return asked !== undefined && this.#policies.guilds.has(asked) ? guildObject(asked) : anyGuildObject;
  }
}

function decisionOf(
  version: string,
  { allowed, rule }: Outcome,
  question: Question,
  asked: { readonly version: number; readonly policy: GuildPolicy } | undefined,
): Decision {
  return {
    id: newId('dec'),
    allowed,
    reason: rule === undefined ? 'no-rule' : 'rule',
    version,
    message: allowed ? permissionOf(question) : denialOf(question, rule === undefined ? asked?.policy : undefined),
    ...(rule === undefined ? {} : { rule }),
    ...(asked ? { policyVersion: asked.version } : {}),
  };
}

/** What no rule mentions may still be open to a vote; what a rule denies is not. */
const mayVote = ({ act }: Question, { reason }: Decision): boolean =>
  reason === 'no-rule' && act === commandAct('skip');

/** A denial that no rule caused. */
export const refusal = (reason: Decision['reason'], version: string, message: string): Decision => ({
  id: newId('dec'),
  allowed: false,
  reason,
  version,
  message,
});

/**
 * All facts of the request, and nothing else. Ids have only digits, actions and workloads are closed lists; the one
 * free text comes last.
 */
function factsOf({ workload, action, guild, member }: DecisionRequest): string {
  const asked = `${workload.kind === 'service' ? workload.name : workload.kind} ${action} ${guild}`;
  if (!member) return asked;
  if (member.kind === 'tenant-member') return `${asked} member ${member.guild} ${member.subject}`;
  const { user, roles, permissions, channel, within, command } = member;
  const place = `${member.guild} ${channel} ${within?.join() ?? ''} ${user} ${permissions}`;
  return `${asked} discord ${place} ${roles.length === 0 ? '' : roles.join()} ${command}`;
}

const nowhere: ReadonlySet<string> = new Set();

function questionsOf(request: DecisionRequest): Question[] | undefined {
  const { action, workload, member, guild } = request;
  const questions: Question[] = [
    { subject: workloadSubject(workload), object: 'tenant', act: action, places: nowhere },
  ];
  if (!member) return questions;
  if (member.guild !== undefined && guild !== undefined && member.guild !== guild) return undefined;
  const subject = memberSubject(member);
  questions.push(
    member.kind === 'discord'
      ? { subject, object: 'guild', act: commandAct(member.command), places: placesOf(member) }
      : { subject, object: 'tenant', act: action, places: nowhere },
  );
  return questions;
}

const permissionOf = ({ act }: Question): string => (act === voteSkipAct ? 'Counts as a vote to skip.' : 'Allowed.');

/** `unmentioned`: the policy in which no rule mentions it. */
function denialOf({ object, act }: Question, unmentioned: GuildPolicy | undefined): string {
  if (object === 'tenant') return 'You are not allowed to do this here.';
  const command = act.replace('command:', '');
  const control: readonly string[] = djCommands;
  if (unmentioned?.dj && control.includes(command)) return `Only DJs of this server may use /${command}.`;
  return `The rules of this server do not let you use /${command} here. An admin can change them.`;
}
