import type { Rows } from '#infra/database/prisma.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import { nameHash } from './certificate.ts';
import { keyStores } from './key-count.ts';

/** The store that counts people. They belong to no tenant, so no trigger counts them. */
const people = 'person';

/**
 * Records that a deletion begins: from here on, triggers count what is deleted of this tenant, in the transactions that
 * delete it. A deletion that has begun is left as it is, with whoever asked first.
 */
export async function beginCounting(
  rows: Rows,
  tenant: { readonly id: TenantId; readonly name: string },
  requestedBy: string,
): Promise<void> {
  const { count } = await rows.deletion.createMany({
    data: {
      id: newId('del'),
      tenant: tenant.id,
      requestedBy,
      nameSha256: nameHash(tenant.id, tenant.name),
    },
    skipDuplicates: true,
  });
  if (count === 0) return;
  await rows.$executeRaw`
    insert into deletion_count (tenant_id, store)
      select ${tenant.id}, tgrelid::regclass::text from pg_trigger where tgname = 'count_deleted'
      union all select ${tenant.id}, unnest(${[people, ...keyStores]}::text[])`;
}

/**
 * Forgets the names of the tenant's members who are in no other tenant, signed in nowhere and no operators. To be called
 * while they are members, in a transaction that sees every tenant.
 */
export async function forgetPeople(rows: Rows, tenant: TenantId): Promise<void> {
  const forgotten = await rows.$executeRaw`
    delete from person using tenant_member member
      where member.tenant_id = ${tenant} and member.subject = person.subject
        and not exists (select from tenant_member other where other.subject = person.subject and other.tenant_id <> ${tenant})
        and not exists (select from operator where 'discord:' || user_id = person.subject)
        and not exists (select from api_session where api_session.subject = person.subject and expires_at > now())
        and not exists (select from sign_in
          where sign_in.subject = person.subject and ended_at is null and expires_at > now())`;
  await rows.$executeRaw`
    update deletion_count set count = count + ${forgotten} where tenant_id = ${tenant} and store = ${people}`;
}

/**
 * Forgets the name of somebody who is a member of no tenant, signed in nowhere and no operator, in a transaction that
 * sees every tenant.
 */
export async function forgetPerson(rows: Rows, subject: string): Promise<void> {
  await rows.$executeRaw`
    delete from person where subject = ${subject}
      and not exists (select from tenant_member where tenant_member.subject = person.subject)
      and not exists (select from operator where 'discord:' || user_id = person.subject)
      and not exists (select from api_session where api_session.subject = person.subject and expires_at > now())
      and not exists (select from sign_in
        where sign_in.subject = person.subject and ended_at is null and expires_at > now())`;
}

/** Records that nothing of the tenant is left but its log; in the transaction that removes the last of it. */
export async function endCounting(rows: Rows, tenant: TenantId): Promise<void> {
  await rows.$executeRaw`update deletion set ended_at = now() where tenant = ${tenant} and ended_at is null`;
}
