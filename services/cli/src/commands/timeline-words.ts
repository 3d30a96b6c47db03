import colors from 'picocolors';
import type { paths } from '#services/contracts/api.ts';
import { clock, describePlayer, titleOf } from './player-words.ts';

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;
type Moment = Answer<'/v1/tenants/{tenant}/guilds/{guild}/timeline'>;
type Event = Answer<'/v1/tenants/{tenant}/guilds/{guild}/timeline/events'>['items'][number];
type Denial = Moment['denials'][number];
type PastTenant = Answer<'/v1/tenants/{tenant}/timeline'>;
type TenantEvent = Answer<'/v1/tenants/{tenant}/timeline/events'>['items'][number];
type Track = NonNullable<Moment['player']>['queue'][number];

/** Tracks of a queue that are shown for a moment. */
const shownTracks = 10;

/** A server as it was: the player with its queue, the policy, and what had just been denied. */
export function describeMoment({ at, player, policy, denials, tenant, credential }: Moment): string {
  const rest = player === null ? 0 : player.queueLength - shownTracks;
  return [
    `At ${localTime(at)}`,
    ...(player === null
      ? ['Nothing is known of the player at that time.']
      : [
          describePlayer(player),
          ...(player.current === null ? [] : [`  asked   ${askedBy(player.current)}`]),
          ...player.queue.slice(0, shownTracks).map((track) => `          ${titleOf(track)}, ${askedBy(track)}`),
          ...(rest > 0 ? [`          and ${rest} more`] : []),
        ]),
    policy.version === 0
      ? '  policy  none: the default'
      : `  policy  version ${policy.version}, by ${policy.author} on ${localTime(policy.createdAt ?? at)}`,
    ...tenantLines({ tenant, credential }),
    ...(denials.length === 0 ? [] : ['  denied in the quarter of an hour before:', ...denials.map(describeDenial)]),
  ].join('\n');
}

/** A tenant and its Discord token as they were. */
export const describePastTenant = ({ at, ...past }: PastTenant): string =>
  [`At ${localTime(at)}`, ...tenantLines(past)].join('\n');

function tenantLines({ tenant, credential }: Pick<PastTenant, 'tenant' | 'credential'>): string[] {
  return [
    tenant === null ? '  tenant  nothing is known of it at that time' : `  tenant  ${tenant.name}, ${statusOf(tenant)}`,
    credential === null
      ? '  token   nothing is known of it at that time'
      : `  token   ${tokenOf(credential)}${lastOf(credential.last)}`,
  ];
}

function statusOf({ status, reason, suspendedBy, last }: NonNullable<PastTenant['tenant']>): string {
  const why = status === 'suspended' ? ` by ${suspendedBy ?? 'nobody known'}: ${reason ?? 'no reason given'}` : '';
  return `${status}${why}${lastOf(last)}`;
}

const tokenStates = {
  none: 'none',
  stored: 'stored, not used yet',
  accepted: 'accepted by Discord',
  refused: 'refused by Discord',
} as const;

function tokenOf({ state, refusal, applicationId }: NonNullable<PastTenant['credential']>): string {
  const why = refusal === null ? '' : ` (${refusal})`;
  return `${tokenStates[state]}${why}${applicationId === null ? '' : `, application ${applicationId}`}`;
}

const lastOf = (last: NonNullable<PastTenant['tenant']>['last']): string =>
  last === null ? '' : `, since ${localTime(last.at)}`;

/** An event of a tenant's life, or of its token's, on one line. */
export const describeTenantEvent = (event: TenantEvent): string =>
  `${localTime(event.at)}  ${colors.bold(event.type.padEnd(19))}  ${[tenantDetail(event), `by ${event.by}`]
    .filter((text) => text !== '')
    .join(', ')}`;

function tenantDetail(event: TenantEvent): string {
  switch (event.type) {
    case 'TenantFound':
      return `${event.data.state.name}, ${event.data.state.status}`;
    case 'CredentialFound':
      return `application ${event.data.state.applicationId}`;
    case 'TenantCreated':
    case 'TenantRenamed':
      return event.data.name;
    case 'TenantActivated':
      return `${event.data.botUsername}, application ${event.data.applicationId}`;
    case 'TenantSuspended':
      return event.data.reason;
    case 'CredentialStored':
    case 'CredentialReplaced':
      return `application ${event.data.applicationId}`;
    case 'CredentialRefused':
      return event.data.reason;
    case 'CredentialResealed':
      return `key version ${event.data.keyVersion}`;
    case 'TenantWithdrawn':
    case 'TenantResumed':
    case 'TenantDeletionBegun':
    case 'CredentialAccepted':
    case 'CredentialRemoved':
      return '';
    default:
      return event satisfies never;
  }
}

function describeDenial({ record }: Denial): string {
  if (record === null) return '    a record that cannot be read';
  const { time, command, action, onBehalfOf, actor, rule, reason, decision } = record;
  const what = command === undefined ? action : `/${command}`;
  const why = rule === undefined ? (reason ?? 'no rule allows it') : `rule ${rule}`;
  return `    ${localTime(time)}  ${what} for ${(onBehalfOf ?? actor).id}: ${why}  ${decision ?? ''}`.trimEnd();
}

/** An event on one line. */
export const describeEvent = (event: Event): string =>
  `${localTime(event.at)}  ${colors.bold(event.type.padEnd(16))}  ${detailOf(event)}`.trimEnd();

function detailOf(event: Event): string {
  switch (event.type) {
    case 'TracksAdded':
    case 'TracksReturned':
      return several(event.data.tracks);
    case 'TrackOrdered':
      return `${titleOf(event.data.track)}, ${askedBy(event.data.track)}`;
    case 'TrackEnded':
      return `${titleOf(event.data.track)}: ${event.data.ending}`;
    case 'TracksRemoved':
    case 'QueueReordered':
    case 'RequestersErased':
      return event.data.entryIds.length === 1 ? '1 track' : `${event.data.entryIds.length} tracks`;
    case 'TrackStarted':
    case 'Interrupted':
    case 'Paused':
    case 'Resumed':
    case 'PositionChanged':
      return `at ${clock(event.data.positionMs)}`;
    case 'VolumeChanged':
      return `${event.data.volume} %`;
    case 'LoopChanged':
      return event.data.loop;
    case 'FiltersChanged':
      return event.data.filters.presets.join(', ');
    case 'ChannelChanged':
      return event.data.voiceChannel ?? 'left';
    case 'ReasonChanged':
      return event.data.reason?.text ?? 'all is well';
    default:
      return event satisfies never;
  }
}

function several(tracks: readonly Track[]): string {
  const [first] = tracks;
  if (!first) return '';
  const more = tracks.length === 1 ? '' : `, and ${tracks.length - 1} more`;
  return `${titleOf(first)}${more}, ${askedBy(first)}`;
}

const askedBy = ({ requestedBy, automatic }: Track): string =>
  automatic ? 'by autoplay' : requestedBy === null ? 'asked for by nobody known' : `asked for by ${requestedBy}`;

/** In the time zone of whoever reads it: 2026-11-30 21:03:00. */
function localTime(text: string): string {
  const time = new Date(text);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
