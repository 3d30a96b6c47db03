import { Burger, Drawer, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconActivity,
  IconAdjustments,
  IconBuilding,
  IconCalendarTime,
  IconChartBar,
  IconFileSearch,
  IconKey,
  IconLayoutDashboard,
  IconListCheck,
  IconServer,
  IconServerCog,
  IconPlaylist,
  IconServer2,
  IconSettings,
  IconShieldHalf,
  IconUserShield,
  IconTimeline,
  IconToggleRight,
  IconUsers,
  IconWebhook,
} from '@tabler/icons-react';
import { useContext, useEffect, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { Action } from '#security/identity/actions.ts';
import { Brand } from '../parts/brand.tsx';
import { MeContext, TenantContext, useMe, type TenantAccess } from './access.ts';
import { AccountMenu } from './account-menu.tsx';
import { ConnectionBar } from './connection-bar.tsx';
import { TenantSwitcher } from './tenant-switcher.tsx';

interface Place {
  readonly to: string;
  readonly label: string;
  readonly icon: ReactNode;
  readonly needs?: Action;
}

const tenantPlaces: readonly Place[] = [
  { to: '', label: 'Overview', icon: <IconLayoutDashboard /> },
  { to: '/live', label: 'Live queue', icon: <IconPlaylist />, needs: 'player.read' },
  { to: '/policies', label: 'Policies', icon: <IconShieldHalf />, needs: 'policy.read' },
  { to: '/servers', label: 'Server settings', icon: <IconAdjustments />, needs: 'settings.read' },
  { to: '/features', label: 'Features', icon: <IconToggleRight />, needs: 'tenant.read' },
  { to: '/members', label: 'Members', icon: <IconUsers />, needs: 'member.read' },
  { to: '/statistics', label: 'Statistics', icon: <IconChartBar />, needs: 'statistics.read' },
  { to: '/timeline', label: 'Timeline', icon: <IconTimeline />, needs: 'audit.read' },
  { to: '/audit', label: 'Audit log', icon: <IconFileSearch />, needs: 'audit.read' },
  { to: '/keys', label: 'Keys', icon: <IconKey />, needs: 'key.read' },
  { to: '/webhooks', label: 'Webhooks', icon: <IconWebhook />, needs: 'webhook.read' },
  { to: '/settings', label: 'Settings', icon: <IconSettings /> },
];

const operatorPlaces: readonly Place[] = [
  { to: '/operator', label: 'All bots', icon: <IconBuilding /> },
  { to: '/operator/health', label: 'Health', icon: <IconActivity /> },
  { to: '/operator/machines', label: 'Machines', icon: <IconServerCog /> },
  { to: '/operator/nodes', label: 'Lavalink nodes', icon: <IconServer /> },
  { to: '/operator/workflows', label: 'Workflows', icon: <IconListCheck /> },
  { to: '/operator/schedules', label: 'Schedules', icon: <IconCalendarTime /> },
  { to: '/operator/operators', label: 'Operators', icon: <IconUserShield /> },
];

/** Navigation beside the page, or behind a button on narrow screens. */
export function Shell({ children }: { children: ReactNode }) {
  const access = useContext(TenantContext);
  const [opened, { toggle, close }] = useDisclosure(false);
  const [location] = useLocation();
  useEffect(close, [location]);
  useEffect(() => {
    if (access) localStorage.setItem('bailiwick.tenant', access.tenant);
  }, [access]);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <section className="topbar" aria-label="Current bot">
        <Burger opened={opened} onClick={toggle} size="sm" aria-label={opened ? 'Close menu' : 'Open menu'} />
        <bdi className="topbar-title">{access?.name ?? 'Bailiwick'}</bdi>
        <AccountMenu compact />
      </section>
      <aside className="sidebar">
        <Navigation access={access} />
      </aside>
      <Drawer
        opened={opened}
        onClose={close}
        size={288}
        withCloseButton={false}
        padding={0}
        title={<VisuallyHidden>Menu</VisuallyHidden>}
        classNames={{ header: 'drawer-header', body: 'drawer-body' }}
      >
        <Navigation access={access} />
      </Drawer>
      <main id="main" className="main" tabIndex={-1}>
        <ConnectionBar />
        {children}
      </main>
    </div>
  );
}

/** A page without navigation: signing in, naming a tenant, accepting an invitation. */
export function Bare({ children }: { children: ReactNode }) {
  const isSignedIn = useContext(MeContext) !== undefined;
  return (
    <div className="bare">
      <ConnectionBar />
      <header className="bare-head">
        <Link href="/" className="plain-link" aria-label="Bailiwick, home">
          <Brand />
        </Link>
        {isSignedIn && <AccountMenu compact />}
      </header>
      <main id="main" className="bare-main">
        {children}
      </main>
    </div>
  );
}

function Navigation({ access }: { access: TenantAccess | undefined }) {
  const me = useMe();
  return (
    <div className="nav">
      <div className="nav-head">
        <Link href="/" className="plain-link" aria-label="Bailiwick, home">
          <Brand />
        </Link>
      </div>
      <TenantSwitcher access={access} />
      <nav aria-label="Main" className="nav-places">
        {access &&
          tenantPlaces
            .filter(({ needs }) => !needs || access.can(needs))
            .map((place) => <NavItem key={place.to} place={{ ...place, to: `/t/${access.tenant}${place.to}` }} />)}
        {me.operator && (
          <>
            <div className="nav-label">
              <IconServer2 size={14} aria-hidden /> Platform
            </div>
            {operatorPlaces.map((place) => (
              <NavItem key={place.to} place={place} />
            ))}
          </>
        )}
      </nav>
      <div className="nav-foot">
        <AccountMenu />
      </div>
    </div>
  );
}

function NavItem({ place }: { place: Place }) {
  const [location] = useLocation();
  const root = /^\/(?:t\/[^/]+|operator)$/.test(place.to);
  const here = location === place.to || (!root && location.startsWith(`${place.to}/`));
  return (
    <Link href={place.to} className="nav-item" aria-current={here ? 'page' : undefined}>
      <span aria-hidden className="nav-icon">
        {place.icon}
      </span>
      {place.label}
    </Link>
  );
}
