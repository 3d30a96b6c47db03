import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { verifyExport } from '#security/audit/verify.ts';
import { keyStorePrefix } from '#tenants/deletion/certificate.ts';
import { verifyCertificate } from '#tenants/deletion/verify.ts';
import type { Scene } from './scene.ts';
import { eventually, expectThat, type Story } from './story.ts';

const keySchema = z.object({ key: z.string() });
const deletionsSchema = z.object({
  items: z.array(z.looseObject({ id: z.string(), tenant: z.string(), certified: z.boolean() })),
});

/** What happened can be proved, and nothing else. */
export async function prove(story: Story, { api, tenant, max }: Scene): Promise<void> {
  const key = await story.step(
    "the owner takes the audit log's public key",
    async () => (await api.call('GET', `/v1/tenants/${tenant}/audit/key`, keySchema)).key,
  );
  const exported = await story.step('the audit log is exported, with the denial in it', () =>
    eventually('the denied /skip is sealed, and the log signed with the new key', async () => {
      const log = await text(await api.download(`/v1/tenants/${tenant}/audit/export`));
      const denial = log
        .split('\n')
        .find((line) => line.includes('"denied"') && line.includes('"skip"') && line.includes(max));
      // Until something is sealed after a rotation, the last checkpoint is still signed with the key before.
      return denial === undefined || !log.includes('{"succession":') ? undefined : log;
    }),
  );
  await story.step('it verifies with nothing but the file and the key', async () => {
    const report = await verifyExport(lines(exported), { key });
    expectThat(report.ok, `it does not: ${JSON.stringify(report.problems.slice(0, 3))}`);
  });
  await story.step('with one word changed, it does not', async () => {
    const forged = exported.replace('"denied"', '"allowed"');
    const report = await verifyExport(lines(forged), { key });
    expectThat(!report.ok, 'the change was not noticed');
  });
}

/** What is deleted is gone, and that can be proved. */
export async function leave(story: Story, { api, sandbox, tenant, application }: Scene): Promise<void> {
  await story.step('the tenant is deleted, and its bot falls silent', async () => {
    await api.call('DELETE', `/v1/tenants/${tenant}`, z.unknown());
    await eventually('nothing of it is heard', async () => {
      const players = await sandbox.players();
      return !players.some(({ userId, connected }) => userId === application.bot.id && connected);
    });
  });
  await story.step('a certificate of that verifies, with the key of its token destroyed', async () => {
    const deletion = await eventually('the deletion is certified', async () => {
      const { items } = await api.call('GET', '/v1/deletions', deletionsSchema);
      return items.find((one) => one.tenant === tenant && one.certified)?.id;
    });
    const certificate = await text(await api.download(`/v1/deletions/${deletion}/certificate`));
    const { key } = await api.call('GET', '/v1/deletions/key', keySchema);
    const verdict = verifyCertificate(certificate, key);
    if (!verdict.ok) throw new Error(`it does not: ${verdict.fault}`);
    const destroyed = verdict.value.destroyed.map(({ store }) => store);
    expectThat(destroyed.includes(`${keyStorePrefix}discord-edge`), `destroyed were only ${destroyed.join(', ')}`);
  });
}

async function* lines(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
