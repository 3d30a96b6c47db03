import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { factsDetail } from '#policies/decision-facts.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { spiffeId } from '#security/identity/spiffe.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Member } from '#security/identity/transaction-token.ts';
import type { Denial } from '../exchange/denials.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { isOfPerson } from '../exchange/failure.ts';
import type { Limits } from '../limits/limits.ts';
import { ReadCounts } from './read-counts.ts';

/** How many refused calls of one workload were recorded only as a number, and since when. */
interface Uncounted {
  readonly first: AuditRecord;
  count: number;
}

export interface Recorder extends Disposable {
  /** Resolves when everything that has to be durable is. @throws what BatchJournal.add throws */
  record(exchange: Exchange, refused: Denial | undefined): Promise<void> | undefined;
  /** Why a call that was admitted for a person was not done; does nothing for one that was. */
  failed(exchange: Exchange): void;
  /** Something that happened to an exchange later, such as a stream that was cut. */
  note(exchange: Exchange, reason: string): void;
  /** True while a workload, or a service for this tenant, has so many refused calls that it is refused unread. */
  refusesMore(exchange: Exchange): boolean;
}

export interface RecorderPorts {
  readonly installation: InstallationId;
  /** For what has to be durable before anything else happens. */
  readonly journal: Pick<BatchJournal, 'add'>;
  /** For what may follow: allowed reads, and what happened to an exchange later. */
  readonly readJournal: Pick<BatchJournal, 'addLater'>;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
}

const summaryEveryMs = 1_000;
const maxSummaries = 10_000;

/**
 * Writes decisions into the tenants' audit logs. Every denial, and every allowed call that changes something, is
 * durable before anything else happens; allowed reads follow within a second, identical ones in one record with their
 * number, and what the table marks `journal: 'later'` in batches. A workload that is refused more often than
 * `limits.recordedDenials` gets one record a second with the number of the others: a storm of refused calls must not
 * fill the log. What concerns no tenant goes to the process's own log, since audit logs belong to tenants.
 */
export function createRecorder(ports: RecorderPorts): Recorder {
  const { journal, readJournal, limits, clock, logger } = ports;
  const uncounted = new BoundedMap<string, Uncounted>(maxSummaries);
  const summarise = (): void => {
    uncounted.deleteWhere(({ first, count }) => {
      readJournal.addLater({ ...first, detail: { ...first.detail, furtherRefusals: count } });
      return true;
    });
    cancel = clock.after(summaryEveryMs, summarise);
  };
  let cancel = clock.after(summaryEveryMs, summarise);
  const reads = new ReadCounts(readJournal, clock);

  const recordDenial = (exchange: Exchange, refused: Denial): Promise<void> | undefined => {
    const key = callerKey(exchange);
    const nowMs = clock.now();
    // Its successor, which has the same name, must not be refused because of it; and it loses its connection.
    if (refused.code !== 'authenticate.superseded') limits.denials.take(key, nowMs);
    const tenant = logOf(exchange, refused);
    if (!tenant) {
      logger.warn({ ...describe(exchange), code: refused.code }, 'refused');
      return undefined;
    }
    const record = recordOf(ports.installation, exchange, tenant, nowMs, refused);
    if (limits.recordedDenials.take(key, nowMs) === 0) return journal.add(record);
    const summary = uncounted.get(`${key} ${tenant}`, nowMs);
    if (summary) summary.count += 1;
    else uncounted.set(`${key} ${tenant}`, { first: record, count: 1 });
    return undefined;
  };

  return {
    record(exchange, refused) {
      if (refused) return recordDenial(exchange, refused);
      const tenant = exchange.tenant;
      const { route, raw } = exchange;
      if (!tenant || !route) return undefined;
      if (raw.method === 'GET' && !route.stream && !route.upgrade) {
        reads.add(exchange, () => recordOf(ports.installation, exchange, tenant, clock.now()));
        return undefined;
      }
      const record = recordOf(ports.installation, exchange, tenant, clock.now());
      if (route.mutates(raw.method)) return journal.add(record);
      readJournal.addLater(record);
      return undefined;
    },
    failed(exchange) {
      const { tenant, failure } = exchange;
      if (!tenant || !failure || !isOfPerson(exchange)) return;
      const { detail, ...record } = recordOf(ports.installation, exchange, tenant, clock.now());
      const { code, title } = failure;
      readJournal.addLater({ ...record, outcome: 'failed', reason: code, detail: { ...detail, message: title } });
    },
    note(exchange, reason) {
      const tenant = exchange.tenant;
      if (!tenant) return logger.warn({ ...describe(exchange), reason }, 'a stream was cut');
      const record = recordOf(ports.installation, exchange, tenant, clock.now());
      readJournal.addLater({ ...record, kind: 'security', outcome: 'denied', reason });
    },
    refusesMore: (exchange) => limits.denials.wait(callerKey(exchange), clock.now()) > 0,
    [Symbol.dispose]: () => {
      cancel();
      summarise();
      cancel();
      reads[Symbol.dispose]();
    },
  };
}

/** A service calls for many tenants: being refused for one must not silence it for the others. */
function callerKey({ peer, params, visitor }: Exchange): string {
  if (!peer) return visitor;
  return peer.workload.kind === 'service' ? `${peer.spiffeId} ${params.tenant ?? ''}` : peer.spiffeId;
}

/**
 * The log that a denial belongs to: a bot's is always its own tenant's, whatever tenant it named, so that nobody writes
 * into another's log; a service's is that of the tenant that it acted for, if there is one.
 */
function logOf(exchange: Exchange, refused: Denial): TenantId | undefined {
  const workload = exchange.peer?.workload;
  if (workload?.kind === 'bot') return workload.tenant;
  return workload && refused.code !== 'authorize.unknown-tenant' ? exchange.params.tenant : undefined;
}

const describe = ({ peer, raw, route, requestId, remoteAddress }: Exchange) => ({
  requestId,
  caller: peer?.spiffeId ?? remoteAddress,
  method: raw.method,
  route: route ? `${route.to} ${route.pattern}` : undefined,
});

function recordOf(
  installation: InstallationId,
  exchange: Exchange,
  tenant: TenantId,
  nowMs: number,
  refused?: Denial,
): AuditRecord {
  const { route, params, transaction, decision, peer } = exchange;
  const member = transaction?.member;
  const discord = member?.kind === 'discord' ? member : undefined;
  return auditRecord(
    {
      tenant,
      kind: 'decision',
      action: route?.action ?? 'request',
      outcome: refused ? 'denied' : 'allowed',
      actor: actorOf(exchange, peer?.spiffeId ?? spiffeId(installation, { kind: 'service', name: 'gateway-proxy' })),
      onBehalfOf: member && memberActor(member),
      guild: params.guild ?? member?.guild,
      channel: discord?.channel,
      command: discord?.command,
      target: targetOf(exchange),
      decision: decision?.id,
      policyVersion: decision?.version,
      rule: decision?.rule,
      reason: refused?.code,
      requestId: exchange.requestId,
      transaction: transaction?.txn,
      optionsDigest: transaction?.interaction?.optionsDigest,
      detail: detailOf(exchange, tenant),
    },
    nowMs,
  );
}

/** What the decision was based on, so that it can be explained later, and which other tenant a bot named. */
function detailOf({ params, transaction, decision }: Exchange, tenant: TenantId): AuditRecord['detail'] {
  const member = transaction?.member;
  const detail = factsDetail(decision, member);
  if (params.tenant !== undefined && params.tenant !== tenant) detail['namedTenant'] = params.tenant;
  if (member?.kind === 'tenant-member' && member.apiKey) detail['apiKey'] = member.apiKey;
  return Object.keys(detail).length === 0 ? undefined : detail;
}

function actorOf({ peer }: Exchange, id: string): AuditRecord['actor'] {
  return { id, type: peer?.workload.kind ?? 'platform' };
}

function memberActor(member: Member): NonNullable<AuditRecord['onBehalfOf']> {
  if (member.kind === 'discord') return { id: member.user, type: 'discord-member' };
  return { id: member.subject, type: member.subject.startsWith('operator:') ? 'operator' : 'tenant-member' };
}

/** Method and address; of a Discord call, its path without secrets: tokens of interactions and webhooks. */
function targetOf({ raw, route, params }: Exchange): string {
  if (!route) return raw.method || 'none';
  const path = params.tail === undefined ? route.pattern : `/${redactDiscordPath(params.tail)}`;
  return `${raw.method} ${route.to} ${path}`.slice(0, 512);
}

/** Keeps ids and words of the path; whatever follows the id of an interaction or a webhook is a token. */
export function redactDiscordPath(tail: string): string {
  const segments = tail.split('/');
  return segments
    .map((segment, index) => {
      const owner = segments[index - 2];
      const isToken = owner === 'interactions' || owner === 'webhooks';
      return isToken || !/^[\w@.~%:-]{1,40}$/.test(segment) ? ':token' : segment;
    })
    .join('/');
}
