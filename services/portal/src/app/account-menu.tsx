import { ActionIcon, Menu, UnstyledButton, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUser } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../api/client.ts';
import type { Me } from '../api/types.ts';
import { isolated } from '../parts/names.ts';
import { PersonAvatar } from '../parts/person-avatar.tsx';
import { useMe } from './access.ts';
import { beforeLeaving } from './leaving.ts';
import { useSignOut } from './sign-out.ts';

/** Who is signed in, the colour scheme, and signing out; `compact` shows only the picture. */
export function AccountMenu({ compact = false }: { compact?: boolean }) {
  const me = useMe();
  const [, navigate] = useLocation();
  const signOut = useSignOut(() => api.DELETE('/v1/auth/session'));
  const avatar = (
    <PersonAvatar url={me.avatarUrl} name={me.name} size={30}>
      {me.operator ? <IconUser size={16} aria-hidden /> : undefined}
    </PersonAvatar>
  );
  return (
    <Menu position={compact ? 'bottom-end' : 'top-start'} width={248} withinPortal>
      <Menu.Target>
        {compact ? (
          <ActionIcon variant="transparent" size={40}>
            <VisuallyHidden>Account of {isolated(me.name)}</VisuallyHidden>
            {avatar}
          </ActionIcon>
        ) : (
          <UnstyledButton className="account">
            <VisuallyHidden>Account: </VisuallyHidden>
            {avatar}
            <span className="switcher-words">
              <bdi className="switcher-name">{me.name}</bdi>
              <span className="switcher-role">{standing(me)}</span>
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

/** Below the name, so it must say something else than the name of an operator who signed in without Discord. */
function standing({ operator, subject }: Me): string {
  if (!operator) return 'Signed in with Discord';
  return /^operator:\d+$/.test(subject) ? 'Operator' : 'One-time sign-in';
}

const schemes = [
  { value: 'light', name: 'Light', icon: <IconSun size={16} aria-hidden /> },
  { value: 'auto', name: 'System', icon: <IconDeviceDesktop size={16} aria-hidden /> },
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
