import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { externalKeepers } from '#security/keyring/external/external-key-store.ts';
import { externalKeyAddressSchema } from '#security/keyring/external/settings.ts';

/** A tenant's own key, and whether it can be used. */
export const externalKeyStateSchema = z.object({
  /** Grows with each change; a change states it in If-Match. 0 if there was none yet. */
  version: z.number().int(),
  /**
   * none: only the platform's keys are used; changing: what is stored is being re-encrypted; failed: that was given up, and
   * can be retried or abandoned; in-use: the tenant's own key is needed for everything; unavailable: it cannot be used, so
   * the bot is stopped.
   */
  state: z.enum(['none', 'changing', 'failed', 'in-use', 'unavailable']),
  /** What that means, why, and what to do about it. */
  sentence: z.string(),
  /** Since when it is unavailable; otherwise null. */
  since: z.iso.datetime().nullable(),
  /** Null if there is none. Never the secret ID. */
  key: z.object({ ...externalKeyAddressSchema.omit({ trustPem: true }).shape, setAt: z.iso.datetime() }).nullable(),
});
export type ExternalKeyState = z.infer<typeof externalKeyStateSchema>;

interface Row {
  readonly key_id: string | null;
  readonly change_id: string;
  readonly revision: number;
  readonly carried: boolean;
  readonly lost_at: Date | null;
  readonly fault: string | null;
  readonly url: string | null;
  readonly mount: string;
  readonly key_name: string;
  readonly auth_mount: string;
  readonly namespace: string | null;
  readonly role_id: string;
  readonly created_at: Date;
}

/** The latest change, as far as its workflow is known. */
export interface LatestChange {
  readonly changeId: string;
  readonly status: 'running' | 'done' | 'failed';
  /** Why it failed. */
  readonly message?: string | undefined;
}

/** From what each process that seals with the key has stored (security/keyring/external). */
export async function readExternalKey(
  database: Pick<Database, 'queryInTenant'>,
  tenant: TenantId,
  latest: LatestChange | undefined,
): Promise<ExternalKeyState> {
  const rows = await database.queryInTenant<Row>(tenant, {
    name: 'external-key-state',
    text: `select u.key_id, u.change_id, u.revision, u.carried, u.lost_at, u.fault, k.url, k.mount, k.key_name,
             k.auth_mount, k.namespace, k.role_id, k.created_at
           from external_key_use u
             left join external_key k on k.tenant_id = u.tenant_id and k.keeper = u.keeper and k.id = u.key_id
           where u.tenant_id = $1 order by u.keeper`,
    values: [tenant],
  });
  const version = Math.max(0, ...rows.map(({ revision }) => revision));
  return { version, ...stateOf(rows, latest), key: keyOf(rows) };
}

function stateOf(rows: readonly Row[], latest: LatestChange | undefined): Omit<ExternalKeyState, 'key' | 'version'> {
  const lost = rows.find(({ lost_at: at }) => at !== null);
  if (lost) {
    const why = lost.fault ?? "This tenant's own key cannot be used.";
    return { state: 'unavailable', sentence: `The bot is stopped. ${why}`, since: lost.lost_at?.toISOString() ?? null };
  }
  const changes = new Set(rows.map(({ change_id: change }) => change));
  const isCarried = rows.every(({ carried }) => carried);
  const isLatest = latest !== undefined && rows.every(({ change_id: change }) => change <= latest.changeId);
  if (isLatest && latest.status === 'failed')
    return {
      state: 'failed',
      sentence: `The change of the key was given up: ${latest.message ?? 'it failed.'} Nothing is lost, and the bot keeps running. Try again, or go back to how it was.`,
      since: null,
    };
  if (isLatest && latest.status === 'running') return changing;
  if (rows.length > 0 && (rows.length < externalKeepers.length || changes.size > 1 || !isCarried)) return changing;
  if (rows.some(({ key_id: id }) => id !== null))
    return {
      state: 'in-use',
      sentence: "What is stored can only be opened with this key and the platform's together.",
      since: null,
    };
  return { state: 'none', sentence: "What is stored is encrypted with the platform's keys.", since: null };
}

const changing = {
  state: 'changing',
  sentence: 'What is stored is being re-encrypted while the bot keeps running.',
  since: null,
} as const;

function keyOf(rows: readonly Row[]): ExternalKeyState['key'] {
  const row = rows.find(({ url }) => url !== null);
  if (!row?.url) return null;
  return {
    url: row.url,
    mount: row.mount,
    key: row.key_name,
    authMount: row.auth_mount,
    ...(row.namespace === null ? {} : { namespace: row.namespace }),
    roleId: row.role_id,
    setAt: row.created_at.toISOString(),
  };
}
