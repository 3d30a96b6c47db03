import { lazy, Suspense, useRef, type ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { SessionOver } from '../api/session.ts';
import { meQuery, tenantQuery } from '../api/queries.ts';
import type { Me } from '../api/types.ts';
import { OnlyFor } from '../parts/role-needed.tsx';
import { ErrorState, ErrorTitle, PageSkeleton } from '../parts/states.tsx';
import { ErrorBoundary } from '../parts/error-boundary.tsx';
import { SignIn } from '../screens/sign-in.tsx';
import { accessTo, MeContext, TenantContext, useMe } from './access.ts';
import { useLostTenant } from './lost-tenants.ts';
import { Bare, Shell } from './shell.tsx';
import { useSigningOut } from './sign-out.ts';
import { BareSkeleton, ShellSkeleton } from './skeletons.tsx';

const Welcome = lazy(() => import('../screens/welcome.tsx'));
const Onboarding = lazy(() => import('../screens/onboarding/onboarding.tsx'));
const Overview = lazy(() => import('../screens/overview/overview.tsx'));
const Live = lazy(() => import('../screens/live/live.tsx'));
const Policies = lazy(() => import('../screens/policies/policies.tsx'));
const PolicyEditor = lazy(() => import('../screens/policies/policy-editor.tsx'));
const Members = lazy(() => import('../screens/members.tsx'));
const Audit = lazy(() => import('../screens/audit/audit.tsx'));
const Timeline = lazy(() => import('../screens/timeline/timeline.tsx'));
const Statistics = lazy(() => import('../screens/statistics/statistics.tsx'));
const Keys = lazy(() => import('../screens/keys/keys.tsx'));
const Webhooks = lazy(() => import('../screens/webhooks/webhooks.tsx'));
const ServerSettings = lazy(() => import('../screens/servers/server-settings.tsx'));
const Features = lazy(() => import('../screens/features/features.tsx'));
const Settings = lazy(() => import('../screens/settings/settings.tsx'));
const Invitation = lazy(() => import('../screens/invitation.tsx'));
const Operator = lazy(() => import('../screens/operator.tsx'));
const Account = lazy(() => import('../screens/account.tsx'));
const TenantLost = lazy(() => import('../screens/tenant-lost.tsx'));
const NotFound = lazy(() => import('../screens/not-found.tsx'));

/** Every route of the portal; any other path is "not found". */
export function Routes() {
  if (useSigningOut()) return <PageSkeleton />;
  return (
    <Switch>
      <Route path="/sign-in" component={SignIn} />
      <Route>
        <SignedIn>
          <Switch>
            <Route path="/" component={Home} />
            <Route path="/invitation">{bare(<Invitation />)}</Route>
            <Route path="/tenants/new">{bare(<Welcome />)}</Route>
            <Route path="/account">{framed(<Account />)}</Route>
            <Route path="/operator/:part?">{({ part }) => framed(<Operator part={part ?? 'tenants'} />)}</Route>
            <Route path="/t/:tenant/*?">{({ tenant }) => <InTenant key={tenant} tenant={tenant} />}</Route>
            <Route>{framed(<NotFound />)}</Route>
          </Switch>
        </SignedIn>
      </Route>
    </Switch>
  );
}

function InTenant({ tenant }: { tenant: string }) {
  const me = useNewestMe();
  const lost = useLostTenant(tenant);
  const known = accessTo(me, tenant);
  const foreign = known?.role === 'operator';
  const { data } = useQuery({ ...tenantQuery(tenant), enabled: foreign && lost === undefined });
  const access = foreign && data ? { ...known, name: data.tenant.name } : known;
  // Its name while the user could still see it.
  const seen = useRef<string>(undefined);
  if (access && lost === undefined && (!foreign || data)) seen.current = access.name;
  if (!access || lost !== undefined) {
    if (seen.current === undefined) return framed(<NotFound />);
    // Nothing is hidden from an operator: a tenant that is not found was deleted.
    return framed(<TenantLost name={seen.current} reason={foreign ? 'deleted' : (lost ?? 'unknown')} />);
  }
  return (
    <TenantContext value={access}>
      <Shell key={tenant}>
        <Screen>
          <TenantScreens />
        </Screen>
      </Shell>
    </TenantContext>
  );
}

/** The screens of one tenant; those that a role does not include send no requests. */
const TenantScreens = () => (
  <Switch>
    <Route path="/t/:tenant" component={Overview} />
    <Route path="/t/:tenant/onboarding" component={Onboarding} />
    <Route path="/t/:tenant/live/:guild?">
      {({ guild }) => (
        <OnlyFor action="player.read" title="Live queue" to="see what is playing">
          <Live {...(guild ? { guild } : {})} />
        </OnlyFor>
      )}
    </Route>
    <Route path="/t/:tenant/policies" component={Policies} />
    <Route path="/t/:tenant/policies/:guild">{({ guild }) => <PolicyEditor key={guild} guild={guild} />}</Route>
    <Route path="/t/:tenant/servers/:guild?">
      {({ guild }) => (
        <OnlyFor action="settings.read" title="Server settings" to="see servers' settings">
          <ServerSettings {...(guild ? { guild } : {})} />
        </OnlyFor>
      )}
    </Route>
    <Route path="/t/:tenant/features/:guild?">
      {({ guild }) => <Features key={guild} {...(guild ? { guild } : {})} />}
    </Route>
    <Route path="/t/:tenant/members" component={Members} />
    <Route path="/t/:tenant/audit">
      <OnlyFor action="audit.read" title="Audit log" to="read the audit log">
        <Audit />
      </OnlyFor>
    </Route>
    <Route path="/t/:tenant/timeline/:guild?">
      {({ guild }) => (
        <OnlyFor action="audit.read" title="Timeline" to="see what happened">
          <Timeline {...(guild ? { guild } : {})} />
        </OnlyFor>
      )}
    </Route>
    <Route path="/t/:tenant/statistics">
      <OnlyFor action="statistics.read" title="Statistics" to="see statistics">
        <Statistics />
      </OnlyFor>
    </Route>
    <Route path="/t/:tenant/keys">
      <OnlyFor action="key.read" title="Keys" to="see keys">
        <Keys />
      </OnlyFor>
    </Route>
    <Route path="/t/:tenant/webhooks">
      <OnlyFor action="webhook.read" title="Webhooks" to="see webhooks">
        <Webhooks />
      </OnlyFor>
    </Route>
    <Route path="/t/:tenant/settings" component={Settings} />
    <Route component={NotFound} />
  </Switch>
);

/**
 * After a tenant is deleted or joined, navigation happens before components re-render with the new data: this reads the
 * cache, not the value of the last render.
 */
function useNewestMe(): Me {
  const drawn = useMe();
  return useQueryClient().getQueryData(meQuery.queryKey) ?? drawn;
}

/** Redirects to the tenant last viewed in this browser, or to what is possible without one. */
function Home() {
  const me = useNewestMe();
  const last = localStorage.getItem('bailiwick.tenant');
  const tenant = me.tenants.find(({ id }) => id === last) ?? me.tenants[0];
  if (tenant) return <Redirect to={`/t/${tenant.id}`} replace />;
  return <Redirect to={me.operator ? '/operator' : '/tenants/new'} replace />;
}

function SignedIn({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery(meQuery);
  if (data) return <MeContext value={data}>{children}</MeContext>;
  if (error && !(error instanceof SessionOver))
    return (
      <Bare>
        <ErrorTitle error={error} />
        <ErrorState error={error} retry={() => void refetch()} />
      </Bare>
    );
  return barePaths.has(location.pathname) ? <BareSkeleton /> : <ShellSkeleton />;
}

/** Screens without the shell. */
const barePaths: ReadonlySet<string> = new Set(['/invitation', '/tenants/new']);

const Screen = ({ children }: { children: ReactNode }) => (
  <ErrorBoundary>
    <Suspense fallback={<PageSkeleton />}>{children}</Suspense>
  </ErrorBoundary>
);

const framed = (screen: ReactNode) => (
  <Shell>
    <Screen>{screen}</Screen>
  </Shell>
);

const bare = (screen: ReactNode) => (
  <ErrorBoundary>
    <Suspense fallback={<BareSkeleton />}>
      <Bare>{screen}</Bare>
    </Suspense>
  </ErrorBoundary>
);
