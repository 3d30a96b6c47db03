import { createHash } from 'node:crypto';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';

/**
 * What a certificate of deletion states. The text that is signed, one line for each fact, each terminated:
 *
 *     bailiwick-deletion/1
 *     installation: harmony
 *     deletion: del_01m8kg9dz7bjnv82whsdng73ea
 *     tenant: ten_01m8kg9dz7bjnv82whsdng73eb
 *     name-sha256: <64 hexadecimal digits>
 *     requested: 2026-11-29T19:00:00.000Z by discord:80351110224678912
 *     ended: 2026-11-29T19:00:01.000Z
 *     deleted: api_key 0
 *     deleted: tenant_member 3
 *     destroyed: key/discord-edge 1
 *     kept: audit-log 17 <base64 of the root hash>
 *
 * `deleted` is a table with the number of its rows, `destroyed` the key of a process with the number of its versions, in
 * ascending order. `kept` is the last checkpoint of the tenant's audit log: its size and root hash.
 */
export interface DeletionCertificate {
  readonly installation: string;
  readonly deletion: string;
  readonly tenant: TenantId;
  /** `nameHash` of the name. */
  readonly nameSha256: string;
  /** A subject, as in the audit log. */
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly endedAt: Date;
  readonly deleted: readonly Count[];
  readonly destroyed: readonly Count[];
  readonly log: { readonly size: number; readonly root: Buffer };
}

export interface Count {
  readonly store: string;
  readonly count: number;
}

/** Type and version; a reader refuses any other. */
export const certificateType = 'bailiwick-deletion/1';
/** Before the name of a process in the store of its key. */
export const keyStorePrefix = 'key/';

/** The name of the key that signs an installation's certificates. */
export const certificateSigner = (installation: string): string => `${installation}/deletions`;

/**
 * SHA-256 over the tenant's id, a newline and its name, in hexadecimal. Whoever knows the name can check it; the id makes
 * it a different hash for each tenant of that name.
 */
export const nameHash = (tenant: TenantId, name: string): string =>
  createHash('sha256').update(`${tenant}\n${name}`).digest('hex');

export function formatCertificate(certificate: DeletionCertificate): string {
  const { installation, deletion, tenant, nameSha256, requestedBy, requestedAt, endedAt, log } = certificate;
  const counts = (what: string, of: readonly Count[]) => of.map(({ store, count }) => `${what}: ${store} ${count}`);
  const lines = [
    certificateType,
    `installation: ${installation}`,
    `deletion: ${deletion}`,
    `tenant: ${tenant}`,
    `name-sha256: ${nameSha256}`,
    `requested: ${requestedAt.toISOString()} by ${requestedBy}`,
    `ended: ${endedAt.toISOString()}`,
    ...counts('deleted', certificate.deleted),
    ...counts('destroyed', certificate.destroyed),
    `kept: audit-log ${log.size} ${log.root.toString('base64')}`,
  ];
  return `${lines.join('\n')}\n`;
}

const time = String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)`;
const count = String.raw`[\w/-]+ (?:0|[1-9]\d{0,14})`;
const form = new RegExp(
  [
    `^${certificateType}`,
    'installation: ([a-z0-9._-]{1,63})',
    'deletion: (del_[0-9a-z]{26})',
    'tenant: (ten_[0-9a-z]{26})',
    'name-sha256: ([0-9a-f]{64})',
    `requested: ${time} by ([a-z-]+:[\\w.-]+)`,
    `ended: ${time}`,
    `((?:deleted: ${count}\n)*)((?:destroyed: ${count}\n)*)kept: audit-log (0|[1-9]\\d{0,14}) ([A-Za-z0-9+/]{43}=)\n$`,
  ].join('\n'),
);

/** Parses the text; undefined unless it is exactly what `formatCertificate` writes. */
export function parseCertificate(text: string): DeletionCertificate | undefined {
  const match = form.exec(text);
  if (!match) return undefined;
  const [, installation = '', deletion = '', tenant = '', name = '', requested = '', by = '', ended = '', ...rest] =
    match;
  const [deleted = '', destroyed = '', size = '', root = ''] = rest;
  const [requestedAt, endedAt] = [new Date(requested), new Date(ended)];
  if (!isTenantId(tenant) || Number.isNaN(requestedAt.getTime()) || Number.isNaN(endedAt.getTime())) return undefined;
  const certificate: DeletionCertificate = {
    installation,
    deletion,
    tenant,
    nameSha256: name,
    requestedBy: by,
    requestedAt,
    endedAt,
    deleted: countsIn(deleted),
    destroyed: countsIn(destroyed),
    log: { size: Number(size), root: Buffer.from(root, 'base64') },
  };
  return formatCertificate(certificate) === text ? certificate : undefined;
}

const countsIn = (lines: string): Count[] =>
  lines
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, store = '', digits = ''] = line.split(' ');
      return { store, count: Number(digits) };
    });
