import type { operations } from '#services/contracts/api.ts';

/** The portal's names for the API's response types, derived from the API's description. */

type Content<Answer> = Answer extends { content: { 'application/json': infer Value } } ? Value : never;
type AnswerOf<Name extends keyof operations> = operations[Name]['responses'] extends { 200: infer Answer }
  ? Content<Answer>
  : never;
type ItemOf<Name extends keyof operations> = AnswerOf<Name> extends { items: (infer Item)[] } ? Item : never;
type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

type StreamOf<Name extends keyof operations> = operations[Name]['responses'] extends {
  200: { content: { 'text/event-stream': infer Told } };
}
  ? Told
  : never;
/** A stream's data, by event name. */
type EventsOf<Name extends keyof operations> = {
  readonly [
    Told in StreamOf<Name> as Told extends { event: infer Event extends string } ? Event : never
  ]: Told extends {
    data: infer Data;
  }
    ? Data
    : never;
};

export type Me = AnswerOf<'whoAmI'>;

export type TenantState = AnswerOf<'readTenant'>;
export type Session = NonNullable<TenantState['session']>;
export type Instance = NonNullable<TenantState['instance']>;
export type BotState = TenantState['state'];
export type OnboardingState = AnswerOf<'readOnboarding'>;
export type Check = OnboardingState['checks'][number];

export type Player = AnswerOf<'readPlayer'>;
export type Track = Player['queue'][number];
export type PastMoment = AnswerOf<'readTimeline'>;
export type TimelineEvent = ItemOf<'listTimelineEvents'>;
export type Statistics = AnswerOf<'readStatistics'>;
/** Of which time and server, with everything said. */
export type StatisticsRange = QueryOf<'readStatistics'> & { by: 'hour' | 'day' | 'week'; timeZone: string };
export type GuildSummary = ItemOf<'listGuilds'>;
/** A player without its queue and volume. */
export type PlayerSummary = NonNullable<GuildSummary['player']>;
export type GuildDetail = AnswerOf<'readGuild'>;

export type Feature = AnswerOf<'listFeatures'>['items'][number];
export type GuildSettings = AnswerOf<'readGuildSettings'>['settings'];

export type GuildMember = AnswerOf<'listGuildMembers'>['members'][number];

export type PolicyVersion = AnswerOf<'readPolicy'>;
export type GuildPolicy = PolicyVersion['policy'];
export type GuildRule = GuildPolicy['rules'][number];
/** The result of validating a valid policy. */
export type PolicyCheck = AnswerOf<'validatePolicy'>;
export type Cell = AnswerOf<'tryPolicy'>['cells'][number];

/** An invitation before it is accepted. */
export type InvitationPreview = AnswerOf<'previewInvitation'>;
export type Member = ItemOf<'listMembers'>;
export type ApiKey = ItemOf<'listApiKeys'>;
export type Webhook = ItemOf<'listWebhooks'>;
export type WebhookDelivery = ItemOf<'listWebhookDeliveries'>;
export type TenantKeys = AnswerOf<'readKeys'>;
export type KeySchedule = AnswerOf<'readKeySchedule'>;
export type ExternalKey = AnswerOf<'readExternalKey'>;
export type TenantKey = TenantKeys['keys'][number];

export type SealedRecord = ItemOf<'listAuditRecords'>;
export type AuditRecord = NonNullable<SealedRecord['record']>;
export type AuditFilters = Omit<QueryOf<'listAuditRecords'>, 'cursor' | 'limit'>;

export type Health = AnswerOf<'readHealth'>;
export type LavalinkNode = ItemOf<'listLavalinkNodes'>;
export type Machine = ItemOf<'listMachines'>;
export type Operator = ItemOf<'listOperators'>;
export type Workflow = ItemOf<'listWorkflows'>;
export type Schedule = ItemOf<'listSchedules'>;
export type DeadLetter = ItemOf<'listDeadLetters'>;
export type Projection = ItemOf<'listProjections'>;
export type HostedTenant = ItemOf<'listAllTenants'>;

export type TenantEvents = EventsOf<'followTenant'>;
export type OnboardingEvents = EventsOf<'followOnboarding'>;
export type AuditEvents = EventsOf<'followAudit'>;
