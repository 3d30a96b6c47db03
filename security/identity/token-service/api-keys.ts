import { timingSafeEqual } from 'node:crypto';
import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { apiKeyHash, tenantOfApiKey } from '../api-key.ts';
import type { KeyGrant } from '../key-token.ts';

/** Looks up API keys, each among the keys of the one tenant that it names. */
export interface KnownApiKeys {
  /** @throws BailiwickError identity.api-key (400) if it is invalid, expired or removed, without saying which */
  find(key: string): Promise<KeyGrant>;
}

interface Row {
  readonly id: string;
  readonly maker: string;
  readonly scopes: readonly string[];
  readonly key_hash: Buffer;
  readonly expires_at: Date;
}

export const createKnownApiKeys = (database: Pick<Database, 'inTenant'>, clock: Clock): KnownApiKeys => ({
  async find(key) {
    const tenant = tenantOfApiKey(key);
    if (tenant === undefined) throw refused();
    const hash = apiKeyHash(key);
    const { rows } = await database.inTenant(tenant, (transaction) =>
      transaction.query<Row>(
        'select id, maker, scopes, key_hash, expires_at from api_key where tenant_id = $1 and key_hash = $2',
        [tenant, hash],
      ),
    );
    const row = rows[0];
    if (!row || !timingSafeEqual(row.key_hash, hash) || row.expires_at.getTime() <= clock.now()) throw refused();
    return { tenant, key: row.id, maker: row.maker, scopes: row.scopes };
  },
});

/** RFC 8693, 2.2.2: an unacceptable subject token is an invalid request. */
const refused = () => callerFault('identity.api-key', 'This API key is invalid, expired or removed.', 400);
