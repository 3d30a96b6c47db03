import type { LookupFunction } from 'node:net';
import { mayBeAsked, publicLookup } from '#infra/http/public-address.ts';
import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { isTenantId, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { OuterKeys } from '../data-keys.ts';
import type { Envelope } from '../envelope.ts';
import { keyringFaults } from '../custodian.ts';
import {
  externalKeyStore,
  secretLocation,
  type ExternalKeeper,
  type ExternalKeyStore,
  type ExternalKeyUse,
  type StoredExternalKey,
} from './external-key-store.ts';
import { externalFaultOf, ExternalKeyFault } from './faults.ts';
import type { ExternalVault } from './external-vault.ts';
import type { ExternalKeyOffer, ExternalKeysSettings } from './settings.ts';

export interface ExternalKeysPorts {
  readonly keeper: ExternalKeeper;
  readonly database: Pick<Database, 'acrossTenants' | 'inTenant' | 'listen'>;
  readonly settings: ExternalKeysSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

const idBytes = 30;
const proofText = 'bailiwick: this key can be used';

/**
 * The keys that tenants have in Vaults of their own, as one process uses them. What they wrap is a data key that the
 * platform's key has wrapped: neither the platform nor the tenant can open a value alone.
 *
 * Which tenant has which key it knows from the rows of its kind of process: it reads them once, and what other replicas
 * change as soon as the database notifies of it (`follow`). A Vault that gives no answer is asked again by the checks
 * alone (watch.ts): whoever seals or opens holds locks and connections that other tenants need, and fails at once.
 */
export class ExternalKeys implements OuterKeys, AsyncDisposable {
  readonly store: ExternalKeyStore;
  readonly #ports: ExternalKeysPorts;
  readonly #openSecret: Envelope['open'];
  readonly #forget: Envelope['forget'];
  readonly #lookup: LookupFunction;
  #keys = new Map<string, StoredExternalKey>();
  #uses = new Map<TenantId, ExternalKeyUse>();
  #changes = 0;
  #listening: AsyncDisposable | undefined;
  readonly #vaults = new Map<string, Promise<ExternalVault>>();
  /** Keys whose Vault gave no answer, until a check finds that it does. */
  readonly #silent = new Map<string, ExternalKeyFault>();
  /** Keys that were refused when last used, until a check finds that they are not. */
  readonly #refused = new Set<string>();

  /** `open` opens what signs in at a Vault; `forget` is called for a tenant that another replica has given another key. */
  constructor(ports: ExternalKeysPorts, { open, forget }: Pick<Envelope, 'open' | 'forget'>) {
    this.#ports = ports;
    this.#openSecret = open;
    this.#forget = forget;
    this.store = externalKeyStore(ports.keeper);
    this.#lookup = publicLookup(ports.settings.privateHosts);
  }

  /** Reads the rows, of one tenant or of all; before anything is sealed or opened, and again with each round of checks. */
  async load(tenant?: TenantId): Promise<void> {
    let before: number;
    let rows: Awaited<ReturnType<ExternalKeyStore['all']>>;
    do {
      before = this.#changes;
      rows = await this.store.all(this.#ports.database, tenant);
      // What changed since they were read must not be undone.
    } while (before !== this.#changes);
    const isKept = (known: { readonly tenant: TenantId }) => tenant !== undefined && known.tenant !== tenant;
    const keys = [...[...this.#keys.values()].filter(isKept), ...rows.keys];
    const uses = [...[...this.#uses.values()].filter(isKept), ...rows.uses];
    const isNews = (use: ExternalKeyUse) => this.#uses.get(use.tenant)?.changeId !== use.changeId;
    const news = rows.uses.filter(isNews);
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#uses = new Map(uses.map((use) => [use.tenant, use]));
    for (const id of this.#vaults.keys()) if (!this.#keys.has(id)) this.#leave(id);
    // Data keys that the former key has wrapped must not seal anything more.
    for (const use of news) this.#forget(use.tenant);
  }

  /**
   * Hears what other replicas change, from now on: for a process that is not the only one of its kind. Without the
   * database nothing can be changed; once it is back, everything is read again.
   */
  async follow(): Promise<void> {
    const { database, keeper, logger } = this.#ports;
    const read = (tenant?: TenantId) =>
      void this.load(tenant).catch((error: unknown) =>
        logger.warn({ err: error }, 'could not read which keys of their own tenants have; the next check does'),
      );
    this.#listening = await database.listen('external_key', {
      connected: () => read(),
      disconnected: () => undefined,
      notified(payload) {
        const [of, tenant = ''] = payload.split(' ');
        if (of === keeper && isTenantId(tenant)) read(tenant);
      },
    });
  }

  async wrap(tenant: TenantId, wrapped: Uint8Array): Promise<Uint8Array | undefined> {
    const keyId = this.#uses.get(tenant)?.keyId ?? null;
    if (keyId === null) return undefined;
    const ciphertext = await this.#use(this.#keyOf(tenant, keyId), (vault) => vault.encrypt(wrapped));
    return Buffer.concat([Buffer.from(keyId, 'latin1'), ciphertext]);
  }

  async unwrap(tenant: TenantId, outer: Uint8Array): Promise<Uint8Array> {
    const keyId = Buffer.from(outer.subarray(0, idBytes)).toString('latin1');
    return this.#use(this.#keyOf(tenant, keyId), (vault) => vault.decrypt(outer.subarray(idBytes)));
  }

  /** Which key the tenant's values are sealed with, if it was ever set. */
  useOf(tenant: TenantId): ExternalKeyUse | undefined {
    return this.#uses.get(tenant);
  }

  /** Every key that values are, or may be, sealed with. */
  inUse(): (ExternalKeyUse & { readonly key: StoredExternalKey })[] {
    return [...this.#keys.values()].flatMap((key) => {
      const use = this.#uses.get(key.tenant);
      return use && (use.keyId === key.id || !use.carried) ? [{ ...use, key }] : [];
    });
  }

  /** Whether a call with it has failed since the last check that succeeded. */
  isFailing(keyId: string): boolean {
    return this.#silent.has(keyId) || this.#refused.has(keyId);
  }

  /** Asks the Vault, whatever is known of it. @throws keyring.external-key; keyring.* of the platform's own keys */
  async check(key: StoredExternalKey): Promise<void> {
    const vault = await this.#vaultOf(key);
    try {
      const opened = await vault.decrypt(key.proof);
      if (Buffer.from(opened).toString() !== proofText) throw new ExternalKeyFault('other');
      this.#works(key.id);
    } catch (error) {
      throw this.#noted(key.id, error);
    }
  }

  /**
   * Proves that a key can be used and not be taken out of its Vault, without storing anything.
   * @returns what it has encrypted
   * @throws external-key.unsuitable (422), external-key.private-address (422), keyring.external-key (424)
   */
  async prove(tenant: TenantId, offer: ExternalKeyOffer): Promise<Uint8Array> {
    if (!mayBeAsked(new URL(offer.url), this.#ports.settings.privateHosts))
      throw callerFault(
        'external-key.private-address',
        'The address is in a private network. The operator of the platform has to allow it first.',
        422,
      );
    await using vault = await this.#connect(offer, tenant);
    await vault.inspect();
    const proof = await vault.encrypt(Buffer.from(proofText));
    const opened = await vault.decrypt(proof);
    if (Buffer.from(opened).toString() !== proofText) throw new ExternalKeyFault('answer');
    return proof;
  }

  /**
   * After everything was sealed anew: what signs in at the Vault is read again, and the proof is made with the version of
   * the key that everything else now needs, which may become the only one allowed.
   */
  async sealedAnew(tenant: TenantId): Promise<void> {
    await this.load();
    const keyId = this.#uses.get(tenant)?.keyId ?? null;
    if (keyId === null) return;
    const key = this.#keyOf(tenant, keyId);
    const proof = await this.#use(key, (vault) => vault.encrypt(Buffer.from(proofText)));
    await this.#ports.database.inTenant(tenant, (transaction: Transaction) =>
      this.store.setProof(transaction, tenant, keyId, proof),
    );
    this.stored({ ...key, proof });
  }

  /** Deletes keys that nobody will take into use any more. */
  async tidy(): Promise<void> {
    this.deleted(await this.store.deleteAbandoned(this.#ports.database));
  }

  /** A key that was just stored. */
  stored(key: StoredExternalKey): void {
    this.#changes += 1;
    this.#keys.set(key.id, key);
  }

  /** What was just stored about which key is used. */
  changed(use: ExternalKeyUse): void {
    this.#changes += 1;
    this.#uses.set(use.tenant, use);
  }

  /** Keys that were just deleted. */
  deleted(ids: readonly string[]): void {
    this.#changes += 1;
    for (const id of ids) {
      this.#keys.delete(id);
      this.#leave(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
    const vaults = await Promise.allSettled(this.#vaults.values());
    this.#vaults.clear();
    await Promise.all(
      vaults.map((vault) => (vault.status === 'fulfilled' ? vault.value[Symbol.asyncDispose]() : undefined)),
    );
  }

  #keyOf(tenant: TenantId, id: string): StoredExternalKey {
    const key = this.#keys.get(id);
    if (key?.tenant === tenant) return key;
    throw keyringFaults.unknownKey(`of its own of ${tenant}`);
  }

  async #use<Result>(key: StoredExternalKey, run: (vault: ExternalVault) => Promise<Result>): Promise<Result> {
    const silent = this.#silent.get(key.id);
    if (silent) throw silent;
    const vault = await this.#vaultOf(key);
    try {
      return await run(vault);
    } catch (error) {
      throw this.#noted(key.id, error);
    }
  }

  #noted(id: string, error: unknown): ExternalKeyFault {
    const fault = externalFaultOf(error);
    this.#works(id);
    if (fault.isDecided) this.#refused.add(id);
    else this.#silent.set(id, fault);
    return fault;
  }

  #works(id: string): void {
    this.#silent.delete(id);
    this.#refused.delete(id);
  }

  #vaultOf(key: StoredExternalKey): Promise<ExternalVault> {
    const known = this.#vaults.get(key.id);
    if (known) return known;
    const opening = this.#open(key);
    this.#vaults.set(key.id, opening);
    opening.catch(() => this.#vaults.delete(key.id));
    return opening;
  }

  async #open({ tenant, id, address, secret }: StoredExternalKey): Promise<ExternalVault> {
    const secretId = Buffer.from(await this.#openSecret(secret, secretLocation(tenant, id))).toString('utf8');
    return this.#connect({ ...address, secretId }, tenant);
  }

  /** The client of Vault is loaded only where a tenant has a key of its own. */
  async #connect(offer: ExternalKeyOffer, tenant: TenantId): Promise<ExternalVault> {
    const vault = await import('./external-vault.ts');
    return new vault.ExternalVault(offer, tenant, { ...this.#ports, lookup: this.#lookup });
  }

  #leave(id: string): void {
    const vault = this.#vaults.get(id);
    this.#vaults.delete(id);
    this.#works(id);
    vault?.then((each) => each[Symbol.asyncDispose]()).catch(() => undefined);
  }
}
