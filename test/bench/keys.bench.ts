import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { median } from './audit/measured.ts';
import { rotateUnderLoad } from './keys/rotation.ts';

/*
 * npm run bench -- keys [values] [rounds]
 * Seal and open: a value of 1 KiB with the envelope, beside AES-256-GCM of node:crypto alone with a key at hand and a
 * nonce from randomBytes; both alternate, and the ratio is the median of the rounds. Rotation: the members of one tenant
 * keep so many values (keys/rotation.ts).
 */
const [values = 1_000_000, rounds = 9] = process.argv.slice(2).map(Number);
const plaintext = randomBytes(1_024);
const perRound = 20_000;
const bounds = { ofNode: 0.6, p99: 1.5 };

await using stack = new AsyncDisposableStack();
const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-bench-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
const custodian = createFileCustodian({ folder, keyBase64: randomBytes(32).toString('base64') }, systemClock);
const envelope = createEnvelope({ custodian });
const tenant = newTenantId();
const location = (row: number) => ({ tenant, table: 'gateway_session', column: 'document', row: String(row) });

const ratio = await compareWithNode();
const rotation = await rotateUnderLoad({ values, rounds }, stack);
console.log(
  `seal and open ${ratio.toFixed(2)} of node:crypto (at least ${bounds.ofNode}), p99 of a read ${rotation.reads.toFixed(2)} and of a /volume ${rotation.volumes.toFixed(2)} of before (at most ${bounds.p99})`,
);

/** The rate of the envelope, as a part of that of node:crypto. */
async function compareWithNode(): Promise<number> {
  const key = createSecretKey(randomBytes(32));
  const associated = Buffer.from('a location');
  const plain = (): void => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated);
    const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(associated);
    decipher.setAuthTag(sealed.subarray(-16));
    Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  };
  const ours = async (): Promise<void> => {
    await envelope.open(await envelope.seal(plaintext, location(0)), location(0));
  };
  const microseconds: Record<'plain' | 'ours', number[]> = { plain: [], ours: [] };
  // The first round warms everything up.
  for (let round = -1; round < rounds; round += 1) {
    const start = performance.now();
    for (let each = 0; each < perRound; each += 1) plain();
    const between = performance.now();
    for (let each = 0; each < perRound; each += 1) await ours();
    const end = performance.now();
    if (round < 0) continue;
    microseconds.plain.push(((between - start) * 1_000) / perRound);
    microseconds.ours.push(((end - between) * 1_000) / perRound);
  }
  const us = (of: readonly number[]) => `${median(of).toFixed(1)} us`;
  console.log(`seal and open 1 KiB: ${us(microseconds.ours)}, node:crypto alone ${us(microseconds.plain)}`);
  return median(microseconds.plain.map((each, at) => each / (microseconds.ours[at] ?? Number.NaN)));
}
