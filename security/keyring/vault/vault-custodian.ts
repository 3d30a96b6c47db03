import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { hasCode } from '#infra/kernel/errors.ts';
import type { HealthCause } from '#infra/observability/health.ts';
import { checkKeyName, keyringFaults, type Custodian, type KeyVersion } from '../custodian.ts';
import type { CustodianOwner } from '../custodian-owner.ts';
import { stateAfter, VaultRefusal, VaultUnavailable } from './faults.ts';
import { vaultKeyPrefix } from './key-names.ts';
import { capabilitiesOn } from './rights.ts';
import { VaultSession } from './session.ts';
import type { VaultSettings } from './settings.ts';

const ciphertextPattern = /^vault:v([1-9]\d{0,8}):([A-Za-z0-9+/]+={0,2})$/;
const encryptedSchema = z.object({ data: z.object({ ciphertext: z.string().regex(ciphertextPattern) }) });
const decryptedSchema = z.object({ data: z.object({ plaintext: z.base64() }) });
const keySchema = z.object({
  data: z.object({
    latest_version: z.number().int().min(1),
    min_decryption_version: z.number().int().nonnegative(),
    /** By version, the second in which it was created. */
    keys: z.record(z.string().regex(/^[1-9]\d{0,8}$/), z.number()),
  }),
});

/** AES-256-GCM, derived for each context: the engine opens a value only with the context that it was wrapped with. */
const keyType = { type: 'aes256-gcm96', derived: true, exportable: false, allow_plaintext_backup: false } as const;
/** Less than a health check may take. */
const checkMs = 1_500;

/**
 * Keys in a transit engine of Vault or OpenBao, which never leave it. A wrapped key is the engine's ciphertext without
 * its prefix, which the version replaces.
 */
export const createVaultCustodian = (settings: VaultSettings, owner: CustodianOwner): Custodian =>
  new VaultCustodian(settings, owner);

/** A call about a key: where, the right that it needs, and the version that it needs of the key. */
interface Attempted {
  readonly name: string;
  readonly path: string;
  readonly capability: string;
  readonly version?: number | undefined;
}

class VaultCustodian implements Custodian {
  readonly #mount: string;
  readonly #prefix: string;
  readonly #session: VaultSession;
  /** What Vault refused last although the sign-in was valid; until a policy allows it. */
  #refused: Attempted | undefined;

  constructor(settings: VaultSettings, owner: CustodianOwner) {
    this.#mount = settings.mount;
    this.#prefix = vaultKeyPrefix(owner.installation, owner.part);
    this.#session = new VaultSession(settings, owner);
  }

  async createKey(name: string): Promise<void> {
    await this.#write(name, this.#key(name), keyType);
  }

  async wrap(name: string, dataKey: Uint8Array, context: Uint8Array) {
    const body = { plaintext: base64(dataKey), context: base64(context) };
    const { data } = understood(encryptedSchema, await this.#write(name, this.#path(name, 'encrypt'), body));
    const [, version = '', bytes = ''] = ciphertextPattern.exec(data.ciphertext) ?? [];
    return { version: Number(version), wrapped: Buffer.from(bytes, 'base64') };
  }

  async unwrap(
    name: string,
    { version, wrapped }: { version: number; wrapped: Uint8Array },
    context: Uint8Array,
  ): Promise<Uint8Array> {
    const at = this.#path(name, 'decrypt');
    if (!Number.isSafeInteger(version) || version < 1) throw keyringFaults.unknownVersion(name, version);
    const body = { ciphertext: `vault:v${version}:${base64(wrapped)}`, context: base64(context) };
    const { data } = understood(decryptedSchema, await this.#write(name, at, body, version));
    return Buffer.from(data.plaintext, 'base64');
  }

  async rotate(name: string): Promise<number> {
    await this.#write(name, `${this.#key(name)}/rotate`, {});
    return (await this.#read(name)).latest_version;
  }

  async versions(name: string): Promise<readonly KeyVersion[]> {
    const { keys, min_decryption_version: oldest } = await this.#read(name);
    return Object.entries(keys)
      .map(([version, seconds]) => ({ version: Number(version), createdAt: new Date(seconds * 1_000) }))
      .filter(({ version }) => version >= oldest)
      .sort((a, b) => a.version - b.version);
  }

  /** First closed, then trimmed away: a process that dies between the two leaves versions that nothing can open. */
  async retire(name: string, beforeVersion: number): Promise<void> {
    const { latest_version: current, min_decryption_version: oldest } = await this.#read(name);
    if (beforeVersion > current) throw keyringFaults.retiresCurrent(name);
    const from = Math.max(beforeVersion, oldest);
    const bounds = { min_decryption_version: from, min_encryption_version: from };
    await this.#write(name, `${this.#key(name)}/config`, bounds);
    await this.#write(name, `${this.#key(name)}/trim`, { min_available_version: from });
  }

  async destroyKey(name: string): Promise<void> {
    try {
      await this.#write(name, `${this.#key(name)}/config`, { deletion_allowed: true });
    } catch (error) {
      if (hasCode(error, 'keyring.unknown-key')) return;
      throw error;
    }
    const at = { name, path: this.#key(name), capability: 'delete' };
    await this.#call(at, (vault) => vault.delete(at.path));
  }

  async health(): Promise<Omit<HealthCause, 'name'>> {
    try {
      const late = delay(checkMs, undefined, { ref: false }).then(() => {
        throw new VaultUnavailable('it does not answer in time', 'no-answer');
      });
      await Promise.race([this.#check(), late]);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      const detail = `Vault cannot be used: ${why}. Only what was decrypted in the last minutes is available`;
      return { status: 'degraded', state: stateAfter(error), detail };
    }
    const { renewalFault } = this.#session;
    if (renewalFault === undefined) return { status: 'healthy' };
    return { status: 'degraded', detail: `the sign-in at Vault ends soon and cannot be extended: ${renewalFault}` };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session[Symbol.asyncDispose]();
  }

  #path(name: string, operation: string): string {
    checkKeyName(name);
    return `${this.#mount}/${operation}/${this.#prefix}${name}`;
  }

  #key(name: string): string {
    return this.#path(name, 'keys');
  }

  /** @throws VaultRefusal, VaultUnavailable */
  async #check(): Promise<void> {
    await this.#session.check();
    const refused = this.#refused;
    if (!refused) return;
    const { path, capability } = refused;
    const capabilitiesAt = await capabilitiesOn(this.#session, [path]);
    if (!capabilitiesAt(path).some((each) => each === capability || each === 'root')) {
      // Health names no tenant.
      const kind = path.slice(0, path.lastIndexOf(this.#prefix));
      throw new VaultUnavailable(`its policy does not allow ${capability} on ${kind}…`, 'refuses');
    }
    if (this.#refused === refused) this.#refused = undefined;
  }

  async #read(name: string) {
    const at = { name, path: this.#key(name), capability: 'read' };
    return understood(keySchema, await this.#call(at, (vault) => vault.read(at.path))).data;
  }

  #write(name: string, path: string, body: object, version?: number): Promise<unknown> {
    return this.#call({ name, path, capability: 'update', version }, (vault) => vault.write(path, body));
  }

  async #call(attempted: Attempted, run: Parameters<VaultSession['call']>[0]): Promise<unknown> {
    try {
      return await this.#session.call(run);
    } catch (error) {
      if (error instanceof VaultRefusal) throw await this.#faultOf(attempted, error);
      throw unavailable(error);
    }
  }

  async #faultOf(attempted: Attempted, refused: VaultRefusal): Promise<Error> {
    const { name, version } = attempted;
    const { status, message } = refused;
    if (status === 404 || /key not found|no existing key/i.test(message)) return keyringFaults.unknownKey(name);
    if (/too old|disallowed by policy/i.test(message)) return keyringFaults.retiredVersion(name, version ?? 0);
    if (/too new/i.test(message)) return keyringFaults.unknownVersion(name, version ?? 0);
    if (/authentication failed|invalid ciphertext|invalid nonce/i.test(message))
      return keyringFaults.notAuthentic(name);
    // Whoever may not create keys by encrypting is refused for a key that does not exist.
    if (status === 403 && (await this.#isMissing(name))) return keyringFaults.unknownKey(name);
    if (status === 403) this.#refused = attempted;
    return keyringFaults.unavailable(`Vault refused: ${message || status}.`, refused, 'refuses');
  }

  async #isMissing(name: string): Promise<boolean> {
    return this.#session
      .call((vault) => vault.read(this.#key(name)))
      .then(
        () => false,
        (error: unknown) => error instanceof VaultRefusal && error.status === 404,
      );
  }
}

function understood<Answer>(schema: z.ZodType<Answer>, answer: unknown): Answer {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw keyringFaults.unavailable('Vault: its answer was not understood.', parsed.error);
}

const unavailable = (error: unknown): Error =>
  keyringFaults.unavailable(`Vault: ${error instanceof Error ? error.message : 'unknown'}.`, error, stateAfter(error));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
