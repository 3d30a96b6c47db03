import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { encodeFields } from '../associated-data.ts';
import { VaultUnavailable } from '../vault/faults.ts';
import { VaultSession } from '../vault/session.ts';
import { externalFaultOf, ExternalKeyFault } from './faults.ts';
import type { ExternalKeyOffer } from './settings.ts';

/** Calls are made while rows are locked: an answer that takes longer counts as none. */
const withinMs = 2_000;
const ciphertextPattern = /^vault:v[1-9]\d{0,8}:[A-Za-z0-9+/]{20,2000}={0,2}$/;
const encryptedSchema = z.object({ data: z.object({ ciphertext: z.string().regex(ciphertextPattern) }) });
const decryptedSchema = z.object({ data: z.object({ plaintext: z.base64() }) });
const keySchema = z.object({
  data: z.object({
    type: z.string(),
    exportable: z.boolean(),
    allow_plaintext_backup: z.boolean(),
    supports_decryption: z.boolean(),
  }),
});

/** Authenticated encryption with a key that never leaves the engine. */
const keyTypes = ['aes128-gcm96', 'aes256-gcm96', 'chacha20-poly1305'];

/** A transit key in a customer's Vault. Each has a connection, a sign-in and a breaker of its own. */
export class ExternalVault implements AsyncDisposable {
  readonly #mount: string;
  readonly #key: string;
  readonly #context: string;
  readonly #session: VaultSession;

  constructor(
    offer: ExternalKeyOffer,
    tenant: TenantId,
    ports: { readonly clock: Clock; readonly logger: Logger; readonly lookup: LookupFunction },
  ) {
    this.#mount = offer.mount;
    this.#key = offer.key;
    // A derived key needs it; any other ignores it.
    this.#context = encodeFields('bailiwick-external-key/1', tenant).toString('base64');
    this.#session = new VaultSession(offer, ports);
  }

  /** @throws keyring.external-key */
  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const body = { plaintext: Buffer.from(plaintext).toString('base64'), context: this.#context };
    const { data } = await this.#call(encryptedSchema, (vault) => vault.write(this.#path('encrypt'), body));
    return Buffer.from(data.ciphertext, 'latin1');
  }

  /** @throws keyring.external-key */
  async decrypt(ciphertext: Uint8Array): Promise<Uint8Array> {
    const body = { ciphertext: Buffer.from(ciphertext).toString('latin1'), context: this.#context };
    const { data } = await this.#call(decryptedSchema, (vault) => vault.write(this.#path('decrypt'), body));
    return Buffer.from(data.plaintext, 'base64');
  }

  /**
   * Whether the key may be relied on: nobody can take it out of the engine, and its cipher is authenticated.
   * @throws external-key.unsuitable (422), keyring.external-key
   */
  async inspect(): Promise<void> {
    const { data } = await this.#call(keySchema, (vault) => vault.read(this.#path('keys')));
    if (!keyTypes.includes(data.type) || !data.supports_decryption)
      throw unsuitable(`The key's type is ${data.type.slice(0, 40)}; it must be one of ${keyTypes.join(', ')}.`);
    if (data.exportable || data.allow_plaintext_backup)
      throw unsuitable('The key can be exported or backed up in plaintext. Create one that cannot.');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session[Symbol.asyncDispose]();
  }

  #path(operation: 'keys' | 'encrypt' | 'decrypt'): string {
    return `${this.#mount}/${operation}/${this.#key}`;
  }

  async #call<Answer>(schema: z.ZodType<Answer>, run: Parameters<VaultSession['call']>[0]): Promise<Answer> {
    const timer = new AbortController();
    try {
      const late = delay(withinMs, undefined, { ref: false, signal: timer.signal }).then(() => {
        throw new VaultUnavailable('it does not answer in time', 'no-answer');
      });
      const answer = schema.safeParse(await Promise.race([this.#session.call(run), late]));
      if (answer.success) return answer.data;
      throw new ExternalKeyFault('answer');
    } catch (error) {
      throw externalFaultOf(error);
    } finally {
      timer.abort();
    }
  }
}

const unsuitable = (why: string) => callerFault('external-key.unsuitable', why, 422);
