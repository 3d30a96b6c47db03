import { useQuery } from '@tanstack/react-query';
import { tenantQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { Page } from '../../parts/page.tsx';
import { RoleNeeded } from '../../parts/role-needed.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { EraseMember } from './erase-member.tsx';
import { Leave } from './leave.tsx';
import { Name } from './name.tsx';
import { Ownership } from './ownership.tsx';
import { Pause } from './pause.tsx';
import { Remove } from './remove.tsx';
import { NoToken, ReplaceToken } from './token.tsx';

/** Rare actions: renaming, replacing the token, transferring ownership, pausing, erasing a member, leaving, deleting. */
export default function Settings() {
  const { tenant, can, role } = useTenant();
  const { data, error, refetch } = useQuery(tenantQuery(tenant));
  if (!data)
    return (
      <Page title="Settings">
        {error ? (
          <div className="card">
            <ErrorState error={error} retry={() => void refetch()} />
          </div>
        ) : (
          <RowsSkeleton rows={5} height={112} />
        )}
      </Page>
    );
  const { name, status, applicationId, suspendedBy } = data.tenant;
  const byOperator = suspendedBy?.startsWith('operator:') === true && !can('operator.read');
  return (
    <Page title="Settings">
      <RoleNeeded action="tenant.update" to="rename this bot or replace its token" />
      {can('tenant.update') && <Name key={name} name={name} />}
      {can('tenant.update') && (applicationId === null ? <NoToken /> : <ReplaceToken />)}
      <Ownership />
      {can('tenant.suspend') && <Pause status={status} byOperator={byOperator} />}
      {can('tenant.update') && <RoleNeeded action="tenant.delete" to="hand over, stop or delete this bot" />}
      {can('member.erase') && <EraseMember />}
      {role !== 'operator' && <Leave />}
      {can('tenant.delete') && <Remove />}
    </Page>
  );
}
