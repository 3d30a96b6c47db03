import {
  ActionIcon,
  Avatar,
  Burger,
  Drawer,
  Menu,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconActivity,
  IconBuilding,
  IconChevronDown,
  IconCheck,
  IconFileSearch,
  IconKey,
  IconLayoutDashboard,
  IconLogout,
  IconMoon,
  IconPlaylist,
  IconPlus,
  IconServer2,
  IconSettings,
  IconShieldHalf,
  IconSun,
  IconDeviceDesktop,
  IconUser,
  IconUserShield,
  IconUsers,
} from '@tabler/icons-react';
import { useContext, useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { Action } from '#policies/actions.ts';
import { api } from '../api/client.ts';
import { Brand } from '../parts/brand.tsx';
import { TenantContext, useMe, type TenantAccess } from './access.ts';
import { beforeLeaving } from './leaving.ts';
import { OfflineBar } from './offline-bar.tsx';
import { useSignOut } from './sign-out.ts';
import { roleNames } from './words.ts';

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
  { to: '/members', label: 'Members', icon: <IconUsers />, needs: 'member.read' },
  { to: '/audit', label: 'Audit log', icon: <IconFileSearch />, needs: 'audit.read' },
  { to: '/keys', label: 'Keys', icon: <IconKey />, needs: 'key.read' },
  { to: '/settings', label: 'Settings', icon: <IconSettings />, needs: 'tenant.update' },
];

const operatorPlaces: readonly Place[] = [
  { to: '/operator', label: 'All bots', icon: <IconBuilding /> },
  { to: '/operator/health', label: 'Health', icon: <IconActivity /> },
  { to: '/operator/operators', label: 'Operators', icon: <IconUserShield /> },
];

/** Navigation beside the page, or behind a button where the page is narrow. */
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
        Skip to the page
      </a>
      <section className="topbar" aria-label="Where you are">
        <Burger opened={opened} onClick={toggle} size="sm" aria-label={opened ? 'Close the menu' : 'Open the menu'} />
        <span className="topbar-title">{access?.name ?? 'Bailiwick'}</span>
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
        <OfflineBar />
        {children}
      </main>
    </div>
  );
}

/** A page that stands for itself: signing in, naming a tenant, accepting an invitation. */
export function Bare({ children }: { children: ReactNode }) {
  return (
    <div className="bare">
      <header className="bare-head">
        <Link href="/" className="plain-link" aria-label="Bailiwick, to the start">
          <Brand />
        </Link>
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
        <Link href="/" className="plain-link" aria-label="Bailiwick, to the start">
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

function TenantSwitcher({ access }: { access: TenantAccess | undefined }) {
  const me = useMe();
  const [, navigate] = useLocation();
  return (
    <Menu width="target" position="bottom-start" withinPortal>
      <Menu.Target>
        <UnstyledButton className="switcher">
          <VisuallyHidden>Switch the bot: </VisuallyHidden>
          <span className="switcher-initial" aria-hidden>
            {(access?.name ?? '?').slice(0, 1).toUpperCase()}
          </span>
          <span className="switcher-words">
            <span className="switcher-name">
              {access?.name ?? (me.tenants.length > 0 ? 'Choose a bot' : 'No bot chosen')}
            </span>
            <span className="switcher-role">
              {access
                ? roleNames[access.role]
                : me.tenants.length > 0
                  ? `${me.tenants.length} to choose from`
                  : 'None of your own'}
            </span>
          </span>
          <IconChevronDown size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className="switcher-menu">
        {me.tenants.map(({ id, name, role }) => (
          <Menu.Item
            key={id}
            onClick={() => navigate(`/t/${id}`)}
            rightSection={id === access?.tenant ? <IconCheck size={16} aria-label="chosen" /> : undefined}
          >
            <bdi className="switcher-name">{name}</bdi>
            <span className="switcher-role">{roleNames[role]}</span>
          </Menu.Item>
        ))}
        {me.mayCreateTenants && (
          <>
            {me.tenants.length > 0 && <Menu.Divider />}
            <Menu.Item leftSection={<IconPlus size={16} aria-hidden />} onClick={() => navigate('/tenants/new')}>
              Bring another bot
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function AccountMenu({ compact = false }: { compact?: boolean }) {
  const me = useMe();
  const [, navigate] = useLocation();
  const signOut = useSignOut(() => api.DELETE('/v1/auth/session'));
  const avatar = (
    <Avatar src={me.avatarUrl} alt="" size={30} radius="xl" color="iris" name={me.name} aria-hidden>
      {me.operator ? <IconUser size={16} aria-hidden /> : undefined}
    </Avatar>
  );
  return (
    <Menu position={compact ? 'bottom-end' : 'top-start'} width={248} withinPortal>
      <Menu.Target>
        {compact ? (
          <ActionIcon variant="transparent" size={40}>
            <VisuallyHidden>Account of {me.name}</VisuallyHidden>
            {avatar}
          </ActionIcon>
        ) : (
          <UnstyledButton className="account">
            <VisuallyHidden>Account: </VisuallyHidden>
            {avatar}
            <span className="switcher-words">
              <bdi className="switcher-name">{me.name}</bdi>
              <span className="switcher-role">{me.operator ? 'Operator' : 'Signed in with Discord'}</span>
            </span>
          </UnstyledButton>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Appearance</Menu.Label>
        <SchemeChoice />
        <Menu.Divider />
        <Menu.Item leftSection={<IconUser size={16} aria-hidden />} onClick={() => navigate('/account')}>
          Your account
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => beforeLeaving(() => void signOut())}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const schemes = [
  { value: 'light', name: 'Light', icon: <IconSun size={16} aria-hidden /> },
  { value: 'auto', name: 'As the system', icon: <IconDeviceDesktop size={16} aria-hidden /> },
  { value: 'dark', name: 'Dark', icon: <IconMoon size={16} aria-hidden /> },
] as const;

function SchemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [value, setValue] = useState(colorScheme);
  const choose = (chosen: string) => {
    const scheme = chosen === 'dark' || chosen === 'light' ? chosen : 'auto';
    setValue(scheme);
    setColorScheme(scheme);
  };
  return (
    <Menu.RadioGroup value={value} onChange={choose}>
      {schemes.map((scheme) => (
        <Menu.RadioItem
          key={scheme.value}
          value={scheme.value}
          rightSection={scheme.icon}
          checkIcon={<IconCheck size={16} aria-hidden />}
        >
          {scheme.name}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}
