import { IconChevronRight, IconShieldHalf } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { guildsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { GuildIcon } from '../../parts/guild-icon.tsx';
import { NoServers } from '../../parts/no-servers.tsx';
import { Page } from '../../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';

/** The servers, and whether each has its own policy. */
export default function Policies() {
  const { tenant } = useTenant();
  const { data, error, refetch } = useQuery(guildsQuery(tenant));
  return (
    <Page title="Policies" text="Permissions for each server. A server without a policy allows everyone everything.">
      {error && !data ? (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      ) : !data ? (
        <RowsSkeleton height={72} />
      ) : data.length === 0 ? (
        <div className="card">
          <NoServers icon={<IconShieldHalf />} text="Policies are made for the servers that the bot is in." />
        </div>
      ) : (
        <div className="card rows">
          {data.map(({ id, name, iconUrl, policyVersion, memberCount }) => (
            <Link key={id} href={`/t/${tenant}/policies/${id}`} className="row">
              <GuildIcon name={name} iconUrl={iconUrl} />
              <span className="row-words">
                <bdi className="row-title">{name}</bdi>
                <span className="row-text">
                  {policyVersion > 0 ? `Version ${policyVersion}` : 'No policy: everything is allowed'}
                  {memberCount ? ` · ${memberCount} members` : ''}
                </span>
              </span>
              <IconChevronRight size={18} className="quiet" aria-hidden />
            </Link>
          ))}
        </div>
      )}
    </Page>
  );
}
