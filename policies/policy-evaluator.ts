import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { newId, type Snowflake } from '#infra/kernel/ids.ts';
import {
  anyGuildObject,
  commandAct,
  guildObject,
  linesFor,
  manageAct,
  ownSkipAct,
  reservedBy,
  tenantObject,
  voteSkipAct,
  voteSkipRule,
  type GuildSettings,
  type TenantPolicies,
  type VersionedPolicy,
} from './compile.ts';
import { commandScopes, helpQuestions, ownTracks, ruledBy, type RuledCommand } from './commands.ts';
import type { PolicyEnforcer, Verdict } from './enforcer.ts';
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

/** Answers and verdicts that a process keeps, over all tenants: what is lost is worked out again, in microseconds. */
const maxRemembered = 20_000;
const minuteMs = 60_000;

/** Complete answers by all facts of the request, so that a repeated request need not be evaluated again. */
const answers = new BoundedMap<string, Decision>(maxRemembered);
/** Whether a workload may do an action, which does not depend on the tenant. */
const workloadVerdicts = new BoundedMap<string, Verdict>(maxRemembered);
let evaluators = 0;

/**
 * Decides by one tenant's policies at one version; never changed, only replaced. All decisions come from one of these:
 * the decision point for stored policies, a dry run for a proposed one.
 */
export class PolicyEvaluator {
  readonly version: string;
  readonly #policies: TenantPolicies;
  readonly #enforcer: PolicyEnforcer;
  /** Distinguishes the answers of this evaluator from those of all others. */
  readonly #number: number;

  constructor(version: string, policies: TenantPolicies, enforcer: PolicyEnforcer) {
    this.version = version;
    this.#policies = policies;
    this.#enforcer = enforcer;
    evaluators += 1;
    this.#number = evaluators;
  }

  /**
   * Two questions: may this workload do it here, and, if it acts for somebody, may they? At this time, in ms. Identical
   * facts get the same decision while it is remembered.
   */
  decide(request: DecisionRequest, atMs: number): Decision {
    const key = this.#keyOf(request, atMs);
    const known = answers.get(key, atMs);
    if (known) return known;
    const decision = this.evaluate(request, atMs);
    answers.set(key, decision, this.#goodUntilMs(request, atMs));
    return decision;
  }

  /** The same, but it neither remembers anything nor uses what was remembered: for decisions that are not in force. */
  evaluate(request: DecisionRequest, atMs: number): Decision {
    const questions = questionsOf(request);
    if (!questions) return refusal('other-guild', this.version, 'This was requested in another server.');
    return this.#answer(request, questions, atMs);
  }

  #answer(request: DecisionRequest, questions: readonly Question[], atMs: number): Decision {
    let decision: Decision | undefined;
    let onlyOwn = false;
    for (const question of questions) {
      let verdict = this.#ask(request, question, atMs);
      let asked = question;
      if (!verdict.allowed && mayVote(question, verdict)) {
        const vote = { ...question, act: voteSkipAct };
        const byVote = this.#ask(request, vote, atMs);
        if (byVote.allowed) [verdict, asked] = [byVote, vote];
      }
      const own = verdict.allowed ? undefined : this.#askForOwn(request, question, verdict, atMs);
      if (own) [verdict, onlyOwn] = [own, true];
      const of = question.object === 'guild' ? guildOf(request) : undefined;
      decision = decisionOf(this.version, verdict, asked, of === undefined ? undefined : this.#guildPolicy(of));
      if (!decision.allowed) return decision;
    }
    if (!decision) return refusal('failed', this.version, 'No access decision could be made.');
    const bound = this.#bind(onlyOwn ? { ...decision, obligations: { onlyOwn: true } } : decision, request);
    return request.action === 'help.read' ? this.#withUsable(bound, request, atMs) : bound;
  }

  /** What is denied for everybody's tracks may be allowed for the member's own; skipping, only if no rule denies it. */
  #askForOwn(request: DecisionRequest, question: Question, { rule }: Verdict, atMs: number): Verdict | undefined {
    const { ownBy } = question;
    if (ownBy === undefined || (ownBy === ownSkipAct && rule !== undefined)) return undefined;
    const own = this.#ask(request, { ...question, act: ownBy }, atMs);
    return own.allowed ? own : undefined;
  }

  /** Adds the obligations of the member, or of whoever acts for them. */
  #bind(decision: Decision, request: DecisionRequest): Decision {
    const of = guildOf(request);
    const { action, member } = request;
    if (!member || of === undefined) return decision;
    const byVote = decision.rule === voteSkipRule;
    const obligations = obligationsOf(this.#guildPolicy(of).settings, { action, member, byVote });
    return obligations ? { ...decision, obligations: { ...decision.obligations, ...obligations } } : decision;
  }

  /** Help marks what the member may use, and can say why not: each command that a policy names is decided as if it had been used there. */
  #withUsable(decision: Decision, request: DecisionRequest, atMs: number): Decision {
    const { member } = request;
    if (member?.kind !== 'discord') return decision;
    const decided = helpQuestions.map(([command, used]) => {
      const [action] = commandScopes[used];
      return { command, ...this.evaluate({ ...request, action, member: { ...member, command: used } }, atMs) };
    });
    const usable = decided.flatMap(({ command, allowed }) => (allowed ? command : []));
    const denied = decided.flatMap(({ command, allowed, by, rule }) =>
      allowed || by === undefined ? [] : { command, by, ...(rule === undefined ? {} : { rule }) },
    );
    return { ...decision, obligations: { ...decision.obligations, usable, denied } };
  }

  #guildPolicy(guild: Snowflake): VersionedPolicy {
    return this.#policies.guilds.get(guild) ?? this.#policies.fallback;
  }

  /** Whether the answer depends on the minute: the guild has a rule with hours. */
  #isTimed(request: DecisionRequest): boolean {
    const of = guildOf(request);
    return of !== undefined && this.#policies.guilds.get(of)?.timed === true;
  }

  /** Everything that an answer depends on. */
  #keyOf(request: DecisionRequest, atMs: number): string {
    return `${this.#number} ${this.#isTimed(request) ? minuteAt(atMs) : ''} ${factsOf(request)}`;
  }

  /** A decision for one minute is not used in any other. */
  #goodUntilMs(request: DecisionRequest, atMs: number): number | undefined {
    return this.#isTimed(request) ? atMs - (atMs % minuteMs) + minuteMs : undefined;
  }

  #ask(request: DecisionRequest, question: Question, atMs: number): Verdict {
    const { subject, act, places } = question;
    const ofWorkload = question.of === 'workload' ? `${subject.id} ${act}` : undefined;
    const known = ofWorkload === undefined ? undefined : workloadVerdicts.get(ofWorkload, 0);
    if (known) return known;
    const object = question.object === 'tenant' ? tenantObject : this.#objectOf(request);
    const { domain, members } = this.#policies;
    const lines = linesFor(this.#policies, { object, act, subject, places });
    const verdict = this.#enforcer.enforce({ subject, domain, object, act, places, atMs, lines, members });
    if (ofWorkload !== undefined) workloadVerdicts.set(ofWorkload, verdict);
    return verdict;
  }

  #objectOf(request: DecisionRequest): string {
    const asked = guildOf(request);
    return asked !== undefined && this.#policies.guilds.has(asked) ? guildObject(asked) : anyGuildObject;
  }
}

const guildOf = ({ guild, member }: DecisionRequest): Snowflake | undefined => guild ?? member?.guild;

function decisionOf(
  version: string,
  { allowed, rule }: Verdict,
  question: Question,
  asked: VersionedPolicy | undefined,
): Decision {
  return {
    id: newId('dec'),
    allowed,
    reason: rule === undefined ? 'no-rule' : 'rule',
    version,
    ...(allowed
      ? { message: permissionOf(question) }
      : denialOf(question, rule === undefined ? asked?.settings : undefined)),
    ...(rule === undefined ? {} : { rule }),
    ...(asked ? { policyVersion: asked.version } : {}),
  };
}

/** What no rule mentions may still be open to a vote; what a rule denies is not. */
const mayVote = ({ act, command }: Question, { rule }: Verdict): boolean =>
  rule === undefined && act === commandAct('skip') && command === 'skip';

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
  const { user, roles, permissions, channel, within, alone, command } = member;
  const place = `${member.guild} ${channel} ${within?.join() ?? ''} ${alone ? 'alone' : ''} ${user} ${permissions}`;
  return `${asked} discord ${place} ${roles.length === 0 ? '' : roles.join()} ${command}`;
}

const nowhere: ReadonlySet<string> = new Set();

function questionsOf(request: DecisionRequest): Question[] | undefined {
  const { action, workload, member, guild } = request;
  const questions: Question[] = [
    { of: 'workload', subject: workloadSubject(workload), object: 'tenant', act: action, places: nowhere },
  ];
  if (!member) return questions;
  if (member.guild !== undefined && guild !== undefined && member.guild !== guild) return undefined;
  const subject = memberSubject(member);
  if (member.kind === 'tenant-member') {
    return [...questions, { of: 'member', subject, object: 'tenant', act: action, places: nowhere }];
  }
  const { command } = member;
  const asked = { of: 'member', subject, object: 'guild', command, ownBy: ownActOf(command) } as const;
  const places = placesOf(member);
  return [...questions, ...ruledBy(command).map((ruled) => ({ ...asked, act: commandAct(ruled), places }))];
}

function ownActOf(command: string): string | undefined {
  if (command === 'skip') return ownSkipAct;
  const ruled = ownTracks(command);
  return ruled === undefined ? undefined : commandAct(ruled);
}

const permissionOf = ({ act }: Question): string => (act === voteSkipAct ? 'Counts as a vote to skip.' : 'Allowed.');

/** `unmentioned`: the policy in which no rule mentions it. */
function denialOf(
  { object, act, command }: Question,
  unmentioned: GuildSettings | undefined,
): Pick<Decision, 'message' | 'by'> {
  if (object === 'tenant') return { message: 'You are not allowed to do this here.' };
  if (act === manageAct)
    return { message: `Only members who may manage this server can use /${command}.`, by: 'managers' };
  const ruled = act.replace('command:', '') as RuledCommand;
  if (unmentioned?.dj && reservedBy(unmentioned.dj).includes(ruled))
    return { message: `Only DJs of this server may use /${command}.`, by: 'djs' };
  return {
    message: `The rules of this server do not let you use /${command} here. An admin can change them.`,
    by: 'rules',
  };
}
